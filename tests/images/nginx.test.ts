import test from "ava";
import { Container, imageUnderTest } from "./support/container";

/** As the stack gives it: complete, with every path that is written to under /tmp. */
const configuration = `
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path /tmp/client;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server { listen 8080; root /usr/share/nginx/html; }
}`;

test("it serves the page's folder with a configuration of ours as an ordinary user, and stops cleanly", async (t) => {
  const nginx = await Container.start(t, {
    image: imageUnderTest("nginx"),
    user: 101,
    files: {
      "/etc/nginx/nginx.conf": configuration,
      "/usr/share/nginx/html/index.html": "<p>here</p>",
      "/usr/share/nginx/html/page.js": "1;",
    },
    publish: [8080],
  });
  const url = `http://127.0.0.1:${await nginx.publishedPort(8080)}`;
  await nginx.listens(8080);
  t.is(await (await fetch(url)).text(), "<p>here</p>");
  const script = await fetch(`${url}/page.js`);
  t.regex(script.headers.get("content-type") ?? "", /javascript/);
  t.is(await script.text(), "1;");
  t.is(await nginx.exec("id", "-u"), "101");
  t.is(await nginx.stop(), 0);
});
