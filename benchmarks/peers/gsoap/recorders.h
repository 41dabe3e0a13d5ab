// Storing usage records: one commit per record, or one for all that wait (group commit).
#pragma once

#include <memory>
#include <string>

struct UsageRecord {
    std::string record_id, received_at, record_time, code, global_transaction_id, service, event_type;
    std::string names, values; // text literals of PostgreSQL arrays
};

class Recorder {
public:
    virtual ~Recorder() = default;
    virtual bool store(const UsageRecord& record) = 0; // returns after the commit; false: nothing was stored
};

std::unique_ptr<Recorder> commit_each(const char* database, int connections);
std::unique_ptr<Recorder> commit_groups(const char* database);
