// Usage Ledger client on the proxy class that gSOAP generates from the WSDL (wsdl2h, soapcpp2 -j).

#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "UsageLedgerBinding.nsmap"
#include "soapUsageLedgerBindingProxy.h"

using Proxy = UsageLedgerBindingProxy;
using Words = std::vector<std::string>;

static Words split(const std::string& text, char separator)
{
    Words words;
    std::istringstream stream(text + separator); // so that an empty last word is one too
    for (std::string word; std::getline(stream, word, separator);)
        words.push_back(word);
    return words;
}

static std::string joined(const Words& words, char separator = '|')
{
    std::string text;
    for (const auto& word : words)
        text += (&word == &words.front() ? "" : std::string(1, separator)) + word;
    return text;
}

static std::string or_empty(const std::string* optional) { return optional ? *optional : ""; }

static ledger__NewRecord* new_record(soap* soap, const std::string& text)
{
    const Words parts = split(text, '|');
    auto* record = soap_new_ledger__NewRecord(soap);
    record->globalTransactionID = parts.at(0);
    record->service = parts.at(1);
    record->eventType = parts.at(2);
    record->recordTime = std::stoll(parts.at(3));
    record->code = std::stoi(parts.at(4));
    if (!parts.at(5).empty())
        record->key = soap_new_std__string(soap), *record->key = parts[5];
    for (auto part = parts.begin() + 6; part != parts.end(); ++part) {
        const auto equals = part->find('=');
        record->property.push_back(soap_new_req_ledger__Property(soap, part->substr(0, equals), part->substr(equals + 1)));
    }
    return record;
}

static int write(Proxy& proxy, const Words& words, Words& results)
{
    _ledger__writeUsageRecords request;
    if (soap_s2ledger__WriteMode(proxy.soap, words.at(0).c_str(), &request.mode) != SOAP_OK)
        return proxy.soap->error;
    for (auto word = words.begin() + 1; word != words.end(); ++word)
        request.record.push_back(new_record(proxy.soap, *word));
    _ledger__writeUsageRecordsResponse response;
    const int status = proxy.writeUsageRecords(&request, response);
    for (const auto* verdict : response.verdict)
        results.push_back(joined({soap_ledger__VerdictStatus2s(proxy.soap, verdict->status), or_empty(verdict->recordID),
                                  or_empty(verdict->field), or_empty(verdict->messageID), or_empty(verdict->reason)}));
    return status;
}

static std::string stored(const ledger__StoredRecord& record)
{
    const auto milliseconds = record.recordTime.tv_sec * 1000LL + record.recordTime.tv_usec / 1000;
    Words parts{record.recordID, record.globalTransactionID, record.service, record.eventType,
                std::to_string(milliseconds), std::to_string(record.code)};
    for (const auto* property : record.property)
        parts.push_back(property->name + "=" + property->value);
    return joined(parts);
}

static int get(Proxy& proxy, const Words& words, Words& results)
{
    _ledger__getUsageRecord request;
    request.recordID = words.at(0);
    _ledger__getUsageRecordResponse response;
    const int status = proxy.getUsageRecord(&request, response);
    if (status == SOAP_OK)
        results = {stored(*response.record)};
    return status;
}

static int query(Proxy& proxy, const Words& words, Words& results)
{
    std::string service = words.at(0), cursor = words.size() > 2 ? words[2] : "";
    int page_size = std::stoi(words.at(1));
    ledger__RecordFilter filter;
    filter.service = &service;
    _ledger__queryUsageRecords request;
    request.filter = &filter;
    request.pageSize = &page_size;
    request.cursor = cursor.empty() ? nullptr : &cursor;
    _ledger__queryUsageRecordsResponse response;
    const int status = proxy.queryUsageRecords(&request, response);
    results = {or_empty(response.nextCursor)};
    for (const auto* record : response.record)
        results.push_back(stored(*record));
    return status;
}

static int void_record(Proxy& proxy, const Words& words, Words& results)
{
    _ledger__voidUsageRecord request;
    request.recordID = words.at(0);
    request.actor = "auditor";
    request.reasonCode = "TEST";
    request.reason = "sent twice";
    _ledger__voidUsageRecordResponse response;
    const int status = proxy.voidUsageRecord(&request, response);
    if (status == SOAP_OK)
        results = {joined({response.adjustment->recordID, response.adjustment->actor, response.adjustment->reasonCode,
                           response.adjustment->reason})};
    return status;
}

static const _ledger__LedgerFault* typed_fault(const Proxy& proxy)
{
    const auto* fault = proxy.soap->fault;
    return fault && fault->detail ? fault->detail->ledger__LedgerFault : nullptr;
}

static std::string describe(const _ledger__LedgerFault& fault)
{
    return "FAULT " + joined({fault.messageID, fault.text, joined(fault.variables, ','), or_empty(fault.field)});
}

int main(int, char** arguments)
{
    const std::string wsdl = arguments[1];
    const std::string endpoint = wsdl.substr(0, wsdl.find('?')); // as the service serves both at one path
    const std::map<std::string, int (*)(Proxy&, const Words&, Words&)> commands = {
        {"write", write}, {"get", get}, {"query", query}, {"void", void_record}};

    Proxy proxy(endpoint.c_str(), SOAP_C_UTFSTRING); // our strings are UTF-8, not Latin-1
    for (std::string line; std::getline(std::cin, line);) {
        Words words = split(line, '\t'), results;
        const auto command = commands.at(words.at(0));
        words.erase(words.begin());
        if (command(proxy, words, results) == SOAP_OK)
            std::cout << joined(results, '\t') << std::endl;
        else if (const auto* fault = typed_fault(proxy))
            std::cout << describe(*fault) << std::endl;
        else
            return proxy.soap_stream_fault(std::cerr), 1;
        proxy.destroy();
    }
}
