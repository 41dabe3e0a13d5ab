// A gSOAP service on kept-alive connections: one thread accepts, HTTP_THREADS serve.
#pragma once

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <netinet/tcp.h>
#include <thread>

static const int HTTP_THREADS = 64; // as many as connections: a gSOAP thread stays with its kept-alive connection
static const int BACKLOG = 1024;

template <typename Service> void keep_alive(Service& service)
{
    service.soap->bind_flags = SO_REUSEADDR;
    service.soap->tcp_keep_alive = 1;
    service.soap->max_keep_alive = 0; // no limit
    service.soap->send_timeout = service.soap->recv_timeout = 30;
}

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

template <typename Service> void serve_connections(Service* service, Accepted& accepted)
{
    for (;;) {
        service->soap->socket = accepted.take();
        service->serve(); // until the client closes
        service->destroy();
    }
}

template <typename Service> int accept_on(Service& service, int port, Accepted& accepted)
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

template <typename Service> int listen_on(Service& service, int port)
{
    signal(SIGPIPE, SIG_IGN);
    Accepted accepted;
    for (int number = 0; number < HTTP_THREADS; number++)
        std::thread(serve_connections<Service>, service.copy(), std::ref(accepted)).detach();
    return accept_on(service, port, accepted);
}
