#include "record_ids.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>

// 48 bits of milliseconds and, below them, 12 bits that count up within one.
static uint64_t next_moment()
{
    using namespace std::chrono;
    static std::atomic<uint64_t> last{0};
    const uint64_t now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count() << 12;
    uint64_t before = last.load(), next;
    do
        next = now > before ? now : before + 1;
    while (!last.compare_exchange_weak(before, next));
    return next;
}

std::string new_record_id()
{
    static thread_local std::mt19937_64 random{std::random_device{}()};
    const uint64_t moment = next_moment();
    const uint64_t tail = (random() & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
    char text[37];
    snprintf(text, sizeof text, "%08x-%04x-7%03x-%04x-%012llx", unsigned(moment >> 28), unsigned(moment >> 12) & 0xffff,
             unsigned(moment) & 0xfff, unsigned(tail >> 48), static_cast<unsigned long long>(tail & 0xffffffffffffULL));
    return text;
}
