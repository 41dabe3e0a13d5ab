#include "postgresql.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

PGconn* connect(const char* database, const char* statement)
{
    PGconn* connection = PQconnectdb(database);
    PGresult* prepared = PQprepare(connection, STATEMENT, statement, 0, nullptr);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s", PQerrorMessage(connection));
        exit(1);
    }
    PQclear(prepared);
    return connection;
}

Pool::Pool(const char* database, const char* statement, int connections)
{
    for (int number = 0; number < connections; number++)
        idle.push_back(connect(database, statement));
}

PGconn* Pool::take()
{
    std::unique_lock<std::mutex> lock(mutex);
    available.wait(lock, [this] { return !idle.empty(); });
    PGconn* connection = idle.back();
    idle.pop_back();
    return connection;
}

void Pool::give_back(PGconn* connection)
{
    {
        std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(connection);
    }
    available.notify_one();
}

void Array::add(const std::string& element)
{
    text += text.size() > 1 ? ",\"" : "\"";
    for (const char character : element) {
        if (character == '"' || character == '\\')
            text += '\\';
        text += character;
    }
    text += '"';
}

std::string& Array::finished()
{
    if (text.back() != '}')
        text += '}';
    return text;
}

std::string array_literal(const std::vector<std::string>& texts)
{
    Array array;
    for (const auto& text : texts)
        array.add(text);
    return array.finished();
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

long long now_in_milliseconds()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}
