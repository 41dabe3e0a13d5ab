"""Record ids are UUIDv7: in the order of issue, never twice, and readable as a number where a caller needs one."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usage_service.record_ids import (
    new_numeric_record_ids,
    new_record_ids,
    number_from_record_id,
    record_id_from_number,
)

every_kind = pytest.mark.parametrize("issue", [new_record_ids, new_numeric_record_ids])


@every_kind
def test_id_is_lowercase_uuid_version_7(issue):
    for record_id in issue(100):
        uuid = UUID(record_id)
        assert (str(uuid), uuid.version, uuid.variant) == (record_id, 7, RFC_4122)


@every_kind
def test_id_begins_with_time_of_issue(issue):
    before = time.time_ns() // 1_000_000
    (record_id,) = issue(1)
    assert before <= UUID(record_id).int >> 80 <= time.time_ns() // 1_000_000


@every_kind
def test_batch_ids_ascend_in_both_forms(issue):
    ids = issue(1000)
    assert ids == sorted(set(ids))
    assert ids == sorted(ids, key=lambda record_id: UUID(record_id).int)


@every_kind
def test_later_millisecond_gives_larger_id(issue):
    (earlier,) = issue(1)
    time.sleep(0.002)
    (later,) = issue(1)
    assert earlier < later


def test_no_duplicate_ids_between_threads():
    with ThreadPoolExecutor(8) as threads:
        ids = list(chain.from_iterable(threads.map(new_record_ids, [7] * 2000)))
    assert len(set(ids)) == len(ids) == 14_000


def test_no_duplicate_ids_between_processes():
    program = "from usage_service.record_ids import new_record_ids; print(*new_record_ids(5000))"
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    ids = [record_id for process in started for record_id in process.communicate()[0].split()]
    assert len(set(ids)) == len(ids) == 15_000


@given(st.integers(0, 2**63 - 1))
def test_63_bit_number_survives_id_conversion(number):
    record_id = record_id_from_number(number)
    assert number_from_record_id(record_id) == number
    assert (UUID(record_id).version, UUID(record_id).variant) == (7, RFC_4122)


def test_numeric_id_survives_number_conversion():
    ids = new_numeric_record_ids(50)
    numbers = [number_from_record_id(record_id) for record_id in ids]
    assert [record_id_from_number(number) for number in numbers] == ids
    assert numbers == sorted(numbers)
    assert numbers[-1] < 2**63


@given(st.lists(st.integers(0, 2**63 - 1), min_size=2, max_size=2).map(sorted))
def test_numeric_ids_sort_as_their_numbers(pair):
    smaller, larger = map(record_id_from_number, pair)
    assert smaller <= larger
