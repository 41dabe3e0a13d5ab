#include "recorders.h"

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <libpq-fe.h>
#include <mutex>
#include <thread>

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

std::string array_literal(const std::vector<std::string>& texts)
{
    std::string literal = "{";
    for (const auto& text : texts) {
        literal += literal.size() > 1 ? ",\"" : "\"";
        for (const char character : text) {
            if (character == '"' || character == '\\')
                literal += '\\';
            literal += character;
        }
        literal += '"';
    }
    return literal + '}';
}

std::string timestamp(long long milliseconds)
{
    const time_t seconds = milliseconds / 1000;
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char text[40];
    snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
             utc.tm_hour, utc.tm_min, utc.tm_sec, int(milliseconds % 1000));
    return text;
}

static PGconn* connect(const char* database)
{
    PGconn* connection = PQconnectdb(database);
    PGresult* prepared = PQprepare(connection, "insert", INSERT, 0, nullptr);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s", PQerrorMessage(connection));
        exit(1);
    }
    PQclear(prepared);
    return connection;
}

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
    PGresult* result = PQexecPrepared(connection, "insert", PARAMETERS, parameters, nullptr, nullptr, 0);
    const bool stored = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!stored)
        fprintf(stderr, "%s", PQerrorMessage(connection));
    PQclear(result);
    return stored;
}

// ---- One commit per record, on a pool of connections ----

class CommitEach : public Recorder {
public:
    CommitEach(const char* database, int connections)
    {
        for (int number = 0; number < connections; number++)
            idle.push_back(connect(database));
    }

    bool store(const UsageRecord& record) override
    {
        PGconn* connection = take();
        const bool stored = insert(connection, record);
        give_back(connection);
        return stored;
    }

private:
    PGconn* take()
    {
        std::unique_lock<std::mutex> lock(mutex);
        available.wait(lock, [this] { return !idle.empty(); });
        PGconn* connection = idle.back();
        idle.pop_back();
        return connection;
    }

    void give_back(PGconn* connection)
    {
        {
            std::lock_guard<std::mutex> lock(mutex);
            idle.push_back(connection);
        }
        available.notify_one();
    }

    std::mutex mutex;
    std::condition_variable available;
    std::vector<PGconn*> idle;
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
        PQsendQueryPrepared(connection, "insert", PARAMETERS, parameters, nullptr, nullptr, 0);
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
    explicit CommitGroups(const char* database) : connection(connect(database)) { std::thread(&CommitGroups::run, this).detach(); }

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
