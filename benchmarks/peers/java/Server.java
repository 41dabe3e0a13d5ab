import com.zaxxer.hikari.HikariDataSource;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.Executors;
import javax.xml.ws.Endpoint;

/** The Java peer: JAX-WS RI on the JDK's HTTP server, a thread pool, and a pool of database connections. */
final class Server {

    private static final String PATH = "/UsageRecordService/services/UsageRecord";
    private static final int THREADS = 64;
    private static final int DATABASE_CONNECTIONS = 16;
    private static final int BACKLOG = 1024;

    private static HikariDataSource open(URI database) {
        var pool = new HikariDataSource();
        pool.setJdbcUrl("jdbc:postgresql://" + database.getHost() + ":" + database.getPort() + database.getPath());
        pool.setUsername(database.getUserInfo());
        pool.setMaximumPoolSize(DATABASE_CONNECTIONS);
        pool.addDataSourceProperty("prepareThreshold", "1");
        return pool;
    }

    public static void main(String[] words) throws Exception {
        var http = com.sun.net.httpserver.HttpServer.create(
                new InetSocketAddress("127.0.0.1", Integer.parseInt(words[0])), BACKLOG);
        http.setExecutor(Executors.newFixedThreadPool(THREADS));
        Endpoint.create(new UsageRecordPort(open(URI.create(words[1])))).publish(http.createContext(PATH));
        http.start();
    }
}
