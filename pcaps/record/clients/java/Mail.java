import java.util.Properties;
import javax.mail.Folder;
import javax.mail.Message;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

/** Logins with JavaMail. Job in the environment, as for mail.py. */
public class Mail {
    public static void main(String[] unused) throws Exception {
        String proto = System.getenv("PROTO").equals("pop") ? "pop3" : System.getenv("PROTO");
        boolean implicit = System.getenv("TRANSPORT").equals("tls");
        String name = implicit ? proto + "s" : proto;
        Properties set = new Properties();
        set.put("mail." + name + ".ssl.trust", "*");
        set.put("mail." + name + ".ssl.checkserveridentity", "false");
        set.put("mail." + name + ".starttls.enable", "true");
        set.put("mail." + name + ".auth", "true");
        set.put("mail." + name + ".connectiontimeout", "8000");
        set.put("mail." + name + ".timeout", "8000");
        if (!System.getenv("MECH").contains("/") && !System.getenv("MECH").equals("LOGIN-CMD")) {
            set.put("mail." + name + ".auth.mechanisms", System.getenv("MECH"));
        }
        if (System.getenv("MECH").equals("LOGIN-CMD")) {
            set.put("mail." + name + ".auth.plain.disable", "true");
            set.put("mail." + name + ".auth.login.disable", "true");
        }
        Session session = Session.getInstance(set);
        String host = System.getenv("HOST");
        int port = Integer.parseInt(System.getenv("PORT"));
        if (proto.equals("smtp")) {
            MimeMessage message = new MimeMessage(session);
            message.setFrom(new InternetAddress("java@contoso.com"));
            message.setRecipient(Message.RecipientType.TO, new InternetAddress("a@contoso.com"));
            message.setSubject("report");
            message.setText("hello");
            Transport transport = session.getTransport(name);
            transport.connect(host, port, System.getenv("USER"), System.getenv("SECRET"));
            transport.sendMessage(message, message.getAllRecipients());
            transport.close();
        } else {
            Store store = session.getStore(name);
            store.connect(host, port, System.getenv("USER"), System.getenv("SECRET"));
            Folder inbox = store.getFolder("INBOX");
            inbox.open(Folder.READ_ONLY);
            inbox.getMessageCount();
            inbox.close(false);
            store.close();
        }
    }
}
