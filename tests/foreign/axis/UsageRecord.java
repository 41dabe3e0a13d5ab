import com.ibm.www.schema.twss.userec.v2_0.local.WriteUsageRecordFault;
import com.ibm.www.schema.twss.userec.v2_0.local.WriteUsageRecordRequest;
import com.ibm.www.wsdl.twss.userec.v2_0._interface.UsageRecordInterface;
import com.ibm.www.wsdl.twss.userec.v2_0.service.UsageRecordServiceLocator;
import java.net.URL;
import java.rmi.RemoteException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Usage Record client on the classes that Apache Axis 1.4 (WSDL2Java), of the JAX-RPC era, generates from the WSDL. */
final class UsageRecord {

    private interface Command {
        String run(UsageRecordInterface port, List<String> arguments) throws RemoteException;
    }

    private static final Map<String, Command> COMMANDS = Map.of("write", UsageRecord::write);

    private static String write(UsageRecordInterface port, List<String> arguments) throws RemoteException {
        var names = new ArrayList<String>();
        var values = new ArrayList<String>();
        for (String property : arguments.subList(5, arguments.size())) {
            String[] nameAndValue = property.split("=", 2);
            names.add(nameAndValue[0]);
            if (nameAndValue.length == 2) {
                values.add(nameAndValue[1]);
            }
        }
        var request = new WriteUsageRecordRequest(
                arguments.get(0),
                arguments.get(1),
                arguments.get(2),
                Long.parseLong(arguments.get(3)),
                Integer.parseInt(arguments.get(4)),
                names.toArray(String[]::new),
                values.toArray(String[]::new));
        return port.writeUsageRecord(request).getRecordID();
    }

    private static String describe(WriteUsageRecordFault fault) {
        String[] variables = fault.getVariables() == null ? new String[0] : fault.getVariables();
        return "FAULT " + fault.getMessageID() + "|" + fault.getText() + "|" + String.join(",", variables);
    }

    public static void main(String[] words) throws Exception {
        // The service serves its WSDL and takes its calls at one path.
        var endpoint = new URL(words[0].split("\\?")[0]);
        var port = new UsageRecordServiceLocator().getUsageRecord(endpoint);
        var arguments = Arrays.asList(words).subList(2, words.length);
        try {
            System.out.println(COMMANDS.get(words[1]).run(port, arguments));
        } catch (WriteUsageRecordFault fault) {
            System.out.println(describe(fault));
        }
    }
}
