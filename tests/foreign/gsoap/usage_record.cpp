// Usage Record client on the proxy class that gSOAP generates from the WSDL (wsdl2h, soapcpp2 -j).

#include <iostream>
#include <map>
#include <string>

#include "UsageRecordInterfaceBinding.nsmap"
#include "soapUsageRecordInterfaceBindingProxy.h"

using Proxy = UsageRecordInterfaceBindingProxy;
using Arguments = std::vector<std::string>;

static int write(Proxy& proxy, const Arguments& arguments)
{
    _local__writeUsageRecordRequest request;
    request.globalTransactionID = arguments.at(0);
    request.service = arguments.at(1);
    request.eventType = arguments.at(2);
    request.recordTime = std::stoll(arguments.at(3));
    request.code = std::stoi(arguments.at(4));
    for (auto property = arguments.begin() + 5; property != arguments.end(); ++property) {
        const auto equals = property->find('=');
        request.serviceAttributes.push_back(property->substr(0, equals));
        if (equals != std::string::npos)
            request.serviceValues.push_back(property->substr(equals + 1));
    }
    _local__writeUsageRecordResponse response;
    const int status = proxy.writeUsageRecord(&request, response);
    if (status == SOAP_OK)
        std::cout << response.recordID << '\n';
    return status;
}

static const _local__WriteUsageRecordFault* typed_fault(const Proxy& proxy)
{
    const auto* fault = proxy.soap->fault;
    return fault && fault->detail ? fault->detail->local__WriteUsageRecordFault : nullptr;
}

static void describe(const _local__WriteUsageRecordFault& fault)
{
    std::cout << "FAULT " << fault.messageID << '|' << fault.text << '|';
    const char* separator = "";
    for (const auto& variable : fault.variables) {
        std::cout << separator << variable;
        separator = ",";
    }
    std::cout << '\n';
}

int main(int count, char** words)
{
    const Arguments arguments(words + 3, words + count);
    const std::string wsdl = words[1];
    const std::string endpoint = wsdl.substr(0, wsdl.find('?')); // as the service serves both at one path
    const std::map<std::string, int (*)(Proxy&, const Arguments&)> commands = {{"write", write}};

    Proxy proxy(endpoint.c_str(), SOAP_C_UTFSTRING); // our strings are UTF-8, not Latin-1
    if (commands.at(words[2])(proxy, arguments) == SOAP_OK)
        return 0;
    if (const auto* fault = typed_fault(proxy)) {
        describe(*fault);
        return 0;
    }
    proxy.soap_stream_fault(std::cerr);
    return 1;
}
