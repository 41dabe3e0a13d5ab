// Connections to PostgreSQL, each with one prepared statement, and values as its text form.
#pragma once

#include <condition_variable>
#include <libpq-fe.h>
#include <mutex>
#include <string>
#include <vector>

static const char* const STATEMENT = "insert"; // the prepared statement's name

PGconn* connect(const char* database, const char* statement);

class Pool {
public:
    Pool(const char* database, const char* statement, int connections);
    PGconn* take(); // waits for one
    void give_back(PGconn* connection);

private:
    std::mutex mutex;
    std::condition_variable available;
    std::vector<PGconn*> idle;
};

class Array { // the text literal of an array
public:
    void add(const std::string& text); // quoted
    const char* literal() { return finished().c_str(); }
    std::string& finished();

private:
    std::string text = "{";
};

std::string array_literal(const std::vector<std::string>& texts);
std::string timestamp(long long milliseconds); // in UTC
long long now_in_milliseconds();
