// The native peer of the ledger: writeUsageRecords, one statement and one transaction for each batch.
// serve-ledger PORT DATABASE

#include <cstdio>

#include "UsageLedgerBinding.nsmap"
#include "connections.h"
#include "postgresql.h"
#include "record_ids.h"
#include "soapUsageLedgerBindingService.h"

static const int DATABASE_CONNECTIONS = 16;

// All records of a batch and all their properties in one statement: one round trip, one transaction.
static const char* const INSERT =
    "WITH record AS ("
    " INSERT INTO usage_record (record_id, record_time, code, global_transaction_id, service, event_type,"
    "  received_at, host, source)"
    " SELECT *, clock_timestamp(), 'gsoap', 'soap'"
    " FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[], $6::text[]))"
    "INSERT INTO usage_property (record_id, position, name, value)"
    " SELECT * FROM unnest($7::uuid[], $8::integer[], $9::text[], $10::text[])";
static const int PARAMETERS = 10;

struct Batch { // the columns of both tables
    Array record_ids, record_times, codes, transactions, services, event_types;
    Array property_record_ids, positions, names, values;

    void add(const std::string& record_id, const ledger__NewRecord& record)
    {
        record_ids.add(record_id);
        record_times.add(timestamp(record.recordTime));
        codes.add(std::to_string(record.code));
        transactions.add(record.globalTransactionID);
        services.add(record.service);
        event_types.add(record.eventType);
        int position = 0;
        for (const auto* property : record.property) {
            property_record_ids.add(record_id);
            positions.add(std::to_string(position++));
            names.add(property->name);
            values.add(property->value);
        }
    }

    bool store(PGconn* connection)
    {
        const char* parameters[PARAMETERS] = {
            record_ids.literal(), record_times.literal(), codes.literal(), transactions.literal(),
            services.literal(), event_types.literal(), property_record_ids.literal(), positions.literal(),
            names.literal(), values.literal()};
        PGresult* result = PQexecPrepared(connection, STATEMENT, PARAMETERS, parameters, nullptr, nullptr, 0);
        const bool stored = PQresultStatus(result) == PGRES_COMMAND_OK;
        if (!stored)
            fprintf(stderr, "%s", PQerrorMessage(connection));
        PQclear(result);
        return stored;
    }
};

static const char* empty_field(const ledger__NewRecord& record)
{
    return record.globalTransactionID.empty() ? "globalTransactionID"
        : record.service.empty()              ? "service"
        : record.eventType.empty()            ? "eventType"
                                              : nullptr;
}

#define NOT_SERVED(operation)                                                                                          \
    int operation(_ledger__##operation*, _ledger__##operation##Response&) override                                     \
    {                                                                                                                  \
        return soap_senderfault("not served here", nullptr);                                                           \
    }

class Service : public UsageLedgerBindingService {
public:
    explicit Service(Pool& pool) : UsageLedgerBindingService(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING), pool(pool)
    {
        keep_alive(*this);
    }

    Service* copy() override { return new Service(pool); } // with an engine of its own

    int writeUsageRecords(_ledger__writeUsageRecords* request, _ledger__writeUsageRecordsResponse& response) override
    {
        Batch batch;
        for (const auto* record : request->record) {
            if (record->key || record->sequence)
                return soap_senderfault("keys and sequences are not served here", nullptr);
            auto* verdict = soap_new_ledger__Verdict(soap);
            response.verdict.push_back(verdict);
            if (const char* field = empty_field(*record)) {
                reject(*verdict, field);
            } else {
                verdict->status = ledger__VerdictStatus__stored;
                verdict->recordID = text(new_record_id());
                batch.add(*verdict->recordID, *record);
            }
        }
        PGconn* connection = pool.take();
        const bool stored = batch.store(connection);
        pool.give_back(connection);
        return stored ? SOAP_OK : soap_receiverfault("not stored", nullptr);
    }

    NOT_SERVED(getUsageRecord)
    NOT_SERVED(queryUsageRecords)
    NOT_SERVED(voidUsageRecord)
    NOT_SERVED(correctUsageRecord)
    NOT_SERVED(getRecordHistory)
    NOT_SERVED(summarizeUsage)
    NOT_SERVED(closePeriod)
    NOT_SERVED(reopenPeriod)
    NOT_SERVED(listClosedPeriods)
    NOT_SERVED(getCompleteness)
    NOT_SERVED(listRejects)
    NOT_SERVED(getReject)
    NOT_SERVED(replayReject)
    NOT_SERVED(traceInteraction)

private:
    void reject(ledger__Verdict& verdict, const char* field)
    {
        verdict.status = ledger__VerdictStatus__rejected;
        verdict.field = text(field);
        verdict.messageID = text("UREC0001E");
        verdict.reason = text(std::string("invalid value for ") + field + ": must not be empty");
    }

    std::string* text(const std::string& value)
    {
        std::string* copy = soap_new_std__string(soap);
        *copy = value;
        return copy;
    }

    Pool& pool;
};

int main(int count, char** words)
{
    if (count != 3) {
        fprintf(stderr, "serve-ledger PORT DATABASE\n");
        return 2;
    }
    Pool pool(words[2], INSERT, DATABASE_CONNECTIONS);
    Service service(pool);
    return listen_on(service, atoi(words[1]));
}
