import com.ibm.schema.twss.userec.v2_0.local.WriteUsageRecordRequest;
import com.ibm.wsdl.twss.userec.v2_0.service.UsageRecordInterface;
import com.ibm.wsdl.twss.userec.v2_0.service.UsageRecordService;
import com.ibm.wsdl.twss.userec.v2_0.service.WriteUsageRecordFault;
import java.net.URL;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Usage Record client on the classes that JAX-WS (wsimport) generates from the WSDL. */
final class UsageRecord {

    private interface Command {
        String run(UsageRecordInterface port, List<String> arguments) throws WriteUsageRecordFault;
    }

    private static final Map<String, Command> COMMANDS = Map.of("write", UsageRecord::write);

    private static String write(UsageRecordInterface port, List<String> arguments) throws WriteUsageRecordFault {
        var request = new WriteUsageRecordRequest();
        request.setGlobalTransactionID(arguments.get(0));
        request.setService(arguments.get(1));
        request.setEventType(arguments.get(2));
        request.setRecordTime(Long.parseLong(arguments.get(3)));
        request.setCode(Integer.parseInt(arguments.get(4)));
        for (String property : arguments.subList(5, arguments.size())) {
            String[] nameAndValue = property.split("=", 2);
            request.getServiceAttributes().add(nameAndValue[0]);
            if (nameAndValue.length == 2) {
                request.getServiceValues().add(nameAndValue[1]);
            }
        }
        return port.writeUsageRecord(request).getRecordID();
    }

    private static String describe(com.ibm.schema.twss.userec.v2_0.local.WriteUsageRecordFault fault) {
        return "FAULT " + fault.getMessageID() + "|" + fault.getText() + "|" + String.join(",", fault.getVariables());
    }

    public static void main(String[] words) throws Exception {
        var port = new UsageRecordService(new URL(words[0])).getUsageRecord();
        var arguments = Arrays.asList(words).subList(2, words.length);
        try {
            System.out.println(COMMANDS.get(words[1]).run(port, arguments));
        } catch (WriteUsageRecordFault fault) {
            System.out.println(describe(fault.getFaultInfo()));
        }
    }
}
