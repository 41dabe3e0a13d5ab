// The native peer: gSOAP and libpq.
// serve PORT DATABASE each|group: one commit per request on 16 connections, or group commit on one.

#include <cstring>

#include "UsageRecordInterfaceBinding.nsmap"
#include "connections.h"
#include "postgresql.h"
#include "record_ids.h"
#include "recorders.h"
#include "soapUsageRecordInterfaceBindingService.h"

static const int DATABASE_CONNECTIONS = 16;

class Service : public UsageRecordInterfaceBindingService {
public:
    explicit Service(Recorder& recorder)
        : UsageRecordInterfaceBindingService(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING), recorder(recorder)
    {
        keep_alive(*this);
    }

    Service* copy() override { return new Service(recorder); } // with an engine of its own

    int writeUsageRecord(_local__writeUsageRecordRequest* request, _local__writeUsageRecordResponse& response) override
    {
        if (request->serviceAttributes.size() != request->serviceValues.size())
            return soap_senderfault("serviceAttributes and serviceValues do not pair up", nullptr);
        response.recordID = new_record_id();
        const UsageRecord record{response.recordID, timestamp(now_in_milliseconds()), timestamp(request->recordTime),
                                 std::to_string(request->code), request->globalTransactionID, request->service,
                                 request->eventType, array_literal(request->serviceAttributes),
                                 array_literal(request->serviceValues)};
        return recorder.store(record) ? SOAP_OK : soap_receiverfault("not stored", nullptr);
    }

private:
    Recorder& recorder;
};

int main(int count, char** words)
{
    if (count != 4) {
        fprintf(stderr, "serve PORT DATABASE each|group\n");
        return 2;
    }
    const auto recorder = strcmp(words[3], "group") ? commit_each(words[2], DATABASE_CONNECTIONS) : commit_groups(words[2]);
    Service service(*recorder);
    return listen_on(service, atoi(words[1]));
}
