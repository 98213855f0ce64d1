// Logins with Go's net/smtp and requests with net/http. Job in the environment, as for mail.py.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"strconv"
	"strings"
)

func mail() error {
	host := os.Getenv("HOST")
	trust := &tls.Config{ServerName: host, InsecureSkipVerify: true}
	var client *smtp.Client
	var err error
	if os.Getenv("TRANSPORT") == "tls" {
		conn, failed := tls.Dial("tcp", host+":"+os.Getenv("PORT"), trust)
		if failed != nil {
			return failed
		}
		client, err = smtp.NewClient(conn, host)
	} else {
		client, err = smtp.Dial(host + ":" + os.Getenv("PORT"))
		if err == nil {
			err = client.StartTLS(trust)
		}
	}
	if err != nil {
		return err
	}
	defer client.Quit()
	auth := smtp.PlainAuth("", os.Getenv("USER"), os.Getenv("SECRET"), host)
	if os.Getenv("MECH") == "CRAM-MD5" {
		auth = smtp.CRAMMD5Auth(os.Getenv("USER"), os.Getenv("SECRET"))
	}
	if err = client.Auth(auth); err != nil {
		return err
	}
	client.Mail("go@contoso.com")
	client.Rcpt("a@contoso.com")
	writer, err := client.Data()
	if err != nil {
		return err
	}
	io.WriteString(writer, "Subject: alert\r\n\r\nall well\r\n")
	return writer.Close()
}

func web() error {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2: os.Getenv("H2") != ""}
	client := &http.Client{Transport: transport}
	times, _ := strconv.Atoi(os.Getenv("TIMES"))
	for n := 0; n < times; n++ {
		method, body := "GET", os.Getenv("BODY")
		if body != "" {
			method = "POST"
		}
		request, err := http.NewRequest(method, os.Getenv("URL"), strings.NewReader(body))
		if err != nil {
			return err
		}
		for header, name := range map[string]string{"Authorization": "AUTHORIZATION", "Cookie": "COOKIE"} {
			if value := os.Getenv(name); value != "" {
				request.Header.Set(header, value)
			}
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
	return nil
}

func main() {
	do := mail
	if os.Getenv("URL") != "" {
		do = web
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
