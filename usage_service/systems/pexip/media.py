"""Media statistics of a leg: merging reports that arrive late, twice or under a related leg's id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from usage_service.systems.pexip.fields import Field, moment, read_fields, text, whole_number

QUALITIES = ("0_unknown", "1_good", "2_ok", "3_bad", "4_terrible")
"""Call quality in the platform's words, from unknown to worst."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaStream:
    """End-of-call statistics of one stream."""

    stream_id: str = ""
    stream_type: str = ""  # audio, video or presentation
    node: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    rx_packets_received: int = 0
    rx_packets_lost: int = 0
    tx_packets_sent: int = 0
    tx_packets_lost: int = 0

    @property
    def identity(self) -> str:
        """What tells two streams of a leg apart, as text so that it can be a JSON key."""
        start = self.start_time.isoformat() if self.start_time else ""
        return "/".join((self.stream_type, self.stream_id, self.node, start))


_COUNTERS = ("rx_packets_received", "rx_packets_lost", "tx_packets_sent", "tx_packets_lost")
_STREAM_FIELDS: Mapping[str, Field] = {
    **{name: Field((name,), text) for name in ("stream_id", "stream_type", "node")},
    **{name: Field((name,), moment) for name in ("start_time", "end_time")},
    **{name: Field((name,), whole_number) for name in _COUNTERS},
}


def read_streams(value: Any) -> tuple[MediaStream, ...]:
    """The streams of a `media_streams` list; entries that are not objects are left out.

    Stream ids are text in version 2 events and integers in version 1 events and history rows.
    """
    if not isinstance(value, list):
        raise ValueError("not a list")
    return tuple(MediaStream(**read_fields(item, _STREAM_FIELDS)[0]) for item in value if isinstance(item, dict))


@dataclass(frozen=True, kw_only=True)
class Media:
    """All that is known about the media of one leg id; merging is commutative, associative and idempotent."""

    streams: Mapping[str, MediaStream] = field(default_factory=dict)
    worst_quality: str | None = None


def merge_media(known: Media, streams: Iterable[MediaStream] = (), quality: str | None = None) -> Media:
    """`known` with more streams and one more statement of quality; of two reports the fuller one wins."""
    merged = dict(known.streams)
    for stream in streams:
        held = merged.get(stream.identity)
        merged[stream.identity] = max(held, stream, key=_fullness) if held else stream
    return replace(known, streams=merged, worst_quality=worse(known.worst_quality, quality))


def _fullness(stream: MediaStream) -> tuple[int, str]:
    return stream.rx_packets_received + stream.tx_packets_sent, repr(stream)


def worse(one: str | None, other: str | None) -> str | None:
    """The worse of two qualities; they sort by their leading digit, words we do not know are passed over."""
    return max((quality for quality in (one, other) if quality in QUALITIES), default=None)


def join_media(parts: Iterable[Media]) -> Media:
    """The statistics of a leg gathered from its own id and its related ids."""
    joined = Media()
    for part in parts:
        joined = merge_media(joined, part.streams.values(), part.worst_quality)
    return joined


def packets(media: Media) -> dict[str, int]:
    """Packet totals over all streams, by counter name."""
    return {name: sum(getattr(stream, name) for stream in media.streams.values()) for name in _COUNTERS}
