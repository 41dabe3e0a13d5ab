// The native peer: gSOAP and libpq.
// serve PORT DATABASE each|group: one commit per request on 16 connections, or group commit on one.

#include <chrono>
#include <csignal>
#include <deque>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <netinet/tcp.h>
#include <thread>

#include "UsageRecordInterfaceBinding.nsmap"
#include "record_ids.h"
#include "recorders.h"
#include "soapUsageRecordInterfaceBindingService.h"

static const int HTTP_THREADS = 64; // as many as connections: a gSOAP thread stays with its kept-alive connection
static const int DATABASE_CONNECTIONS = 16;
static const int BACKLOG = 1024;

static long long now_in_milliseconds()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

class Service : public UsageRecordInterfaceBindingService {
public:
    explicit Service(Recorder& recorder)
        : UsageRecordInterfaceBindingService(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING), recorder(recorder)
    {
        soap->bind_flags = SO_REUSEADDR;
        soap->tcp_keep_alive = 1;
        soap->max_keep_alive = 0; // no limit
        soap->send_timeout = soap->recv_timeout = 30;
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

class Accepted { // connections between the accepting thread and those that serve
public:
    void put(SOAP_SOCKET socket)
    {
        {
            std::lock_guard<std::mutex> lock(mutex);
            sockets.push_back(socket);
        }
        filled.notify_one();
    }

    SOAP_SOCKET take()
    {
        std::unique_lock<std::mutex> lock(mutex);
        filled.wait(lock, [this] { return !sockets.empty(); });
        const SOAP_SOCKET socket = sockets.front();
        sockets.pop_front();
        return socket;
    }

private:
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<SOAP_SOCKET> sockets;
};

static void serve_connections(Service* service, Accepted& accepted)
{
    for (;;) {
        service->soap->socket = accepted.take();
        service->serve(); // until the client closes
        service->destroy();
    }
}

static int listen_on(Service& service, int port, Accepted& accepted)
{
    if (!soap_valid_socket(service.bind("127.0.0.1", port, BACKLOG))) {
        service.soap_print_fault(stderr);
        return 1;
    }
    for (;;) {
        const SOAP_SOCKET socket = service.accept();
        if (!soap_valid_socket(socket))
            continue;
        const int yes = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        accepted.put(socket);
    }
}

int main(int count, char** words)
{
    if (count != 4) {
        fprintf(stderr, "serve PORT DATABASE each|group\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    const auto recorder = strcmp(words[3], "group") ? commit_each(words[2], DATABASE_CONNECTIONS) : commit_groups(words[2]);
    Service service(*recorder);
    Accepted accepted;
    for (int number = 0; number < HTTP_THREADS; number++)
        std::thread(serve_connections, service.copy(), std::ref(accepted)).detach();
    return listen_on(service, atoi(words[1]), accepted);
}
