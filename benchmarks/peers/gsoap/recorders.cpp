#include "recorders.h"

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "postgresql.h"

// One record and its properties in one statement: one round trip, and a transaction of its own.
static const char* const INSERT =
    "WITH record AS ("
    " INSERT INTO usage_record (record_id, received_at, record_time, code, global_transaction_id, service, event_type,"
    "  host, source) VALUES ($1, $2, $3, $4, $5, $6, $7, 'gsoap', 'soap'))"
    "INSERT INTO usage_property (record_id, position, name, value)"
    " SELECT $1, position - 1, name, value"
    " FROM unnest($8::text[], $9::text[]) WITH ORDINALITY AS p (name, value, position)";
static const int PARAMETERS = 9;

using Parameters = const char* [PARAMETERS];

static void fill(Parameters& parameters, const UsageRecord& record)
{
    const std::string* columns[PARAMETERS] = {&record.record_id, &record.received_at, &record.record_time,
                                              &record.code, &record.global_transaction_id, &record.service,
                                              &record.event_type, &record.names, &record.values};
    for (int column = 0; column < PARAMETERS; column++)
        parameters[column] = columns[column]->c_str();
}

static bool insert(PGconn* connection, const UsageRecord& record)
{
    Parameters parameters;
    fill(parameters, record);
    PGresult* result = PQexecPrepared(connection, STATEMENT, PARAMETERS, parameters, nullptr, nullptr, 0);
    const bool stored = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!stored)
        fprintf(stderr, "%s", PQerrorMessage(connection));
    PQclear(result);
    return stored;
}

// ---- One commit per record, on a pool of connections ----

class CommitEach : public Recorder {
public:
    CommitEach(const char* database, int connections) : pool(database, INSERT, connections) {}

    bool store(const UsageRecord& record) override
    {
        PGconn* connection = pool.take();
        const bool stored = insert(connection, record);
        pool.give_back(connection);
        return stored;
    }

private:
    Pool pool;
};

// ---- Group commit: one writer takes everything that waits and writes it in one transaction ----

struct Waiting {
    explicit Waiting(const UsageRecord& record) : record(record) {}
    const UsageRecord& record;
    bool settled = false, stored = false;
    std::mutex mutex;
    std::condition_variable answer;
};

// Pipelined: all statements travel together, and those before one sync are one transaction.
static bool insert_together(PGconn* connection, const std::vector<Waiting*>& group)
{
    PQenterPipelineMode(connection);
    for (const Waiting* waiting : group) {
        Parameters parameters;
        fill(parameters, waiting->record);
        PQsendQueryPrepared(connection, STATEMENT, PARAMETERS, parameters, nullptr, nullptr, 0);
    }
    PQpipelineSync(connection);
    bool stored = true, synchronised = false;
    while (!synchronised) {
        PGresult* result = PQgetResult(connection);
        const ExecStatusType status = result ? PQresultStatus(result) : PGRES_COMMAND_OK;
        synchronised = status == PGRES_PIPELINE_SYNC || PQstatus(connection) == CONNECTION_BAD;
        stored &= status == PGRES_COMMAND_OK || status == PGRES_PIPELINE_SYNC;
        PQclear(result);
    }
    PQexitPipelineMode(connection);
    return stored;
}

class CommitGroups : public Recorder {
public:
    explicit CommitGroups(const char* database) : connection(connect(database, INSERT)) { std::thread(&CommitGroups::run, this).detach(); }

    bool store(const UsageRecord& record) override
    {
        Waiting waiting(record);
        {
            std::lock_guard<std::mutex> lock(mutex);
            queue.push_back(&waiting);
        }
        filled.notify_one();
        std::unique_lock<std::mutex> lock(waiting.mutex);
        waiting.answer.wait(lock, [&] { return waiting.settled; });
        return waiting.stored;
    }

private:
    void run()
    {
        std::vector<Waiting*> group;
        for (;;) {
            {
                std::unique_lock<std::mutex> lock(mutex);
                filled.wait(lock, [this] { return !queue.empty(); });
                group.clear();
                group.swap(queue);
            }
            const bool together = group.size() > 1 && insert_together(connection, group);
            for (Waiting* waiting : group) // a record the database refuses fails alone
                settle(*waiting, together || insert(connection, waiting->record));
        }
    }

    static void settle(Waiting& waiting, bool stored)
    {
        std::lock_guard<std::mutex> lock(waiting.mutex); // held while notifying: the waiter owns the condition
        waiting.stored = stored;
        waiting.settled = true;
        waiting.answer.notify_one();
    }

    PGconn* connection;
    std::mutex mutex;
    std::condition_variable filled;
    std::vector<Waiting*> queue;
};

std::unique_ptr<Recorder> commit_each(const char* database, int connections)
{
    return std::make_unique<CommitEach>(database, connections);
}

std::unique_ptr<Recorder> commit_groups(const char* database)
{
    return std::make_unique<CommitGroups>(database);
}
