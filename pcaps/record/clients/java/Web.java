import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Requests with java.net.http, HTTP/2 where the server has it. Job in the environment. */
public class Web {
    static final class Trusting implements X509TrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String kind) { }
        public void checkServerTrusted(X509Certificate[] chain, String kind) { }
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    public static void main(String[] unused) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, new SecureRandom());
        HttpClient client = HttpClient.newBuilder().sslContext(context)
            .version(System.getenv("H2") == null ? HttpClient.Version.HTTP_1_1
                                                 : HttpClient.Version.HTTP_2).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(System.getenv("URL")));
        String authorization = System.getenv("AUTHORIZATION");
        if (authorization != null && !authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        String cookie = System.getenv("COOKIE");
        if (cookie != null && !cookie.isEmpty()) {
            request.header("Cookie", cookie);
        }
        String body = System.getenv("BODY");
        if (body != null && !body.isEmpty()) {
            request.header("Content-Type", "text/xml; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        for (int n = 0; n < Integer.parseInt(System.getenv("TIMES")); n++) {
            client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
