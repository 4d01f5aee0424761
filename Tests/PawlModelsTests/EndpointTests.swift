import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels
@testable import PawlTransfer

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where requests go, and through what.
@Suite struct EndpointTests {
  private func endpoint(
    _ url: String?, _ api: ModelRule.API = .openai, proxy: String? = nil, _ environment: [String: String] = [:]
  ) throws -> Endpoint {
    try Endpoint(ModelRule(api: api, model: "m", baseURL: url, proxy: proxy), environment: environment)
  }

  @Test func `the path of the format follows the address`() throws {
    #expect(try endpoint(nil, .anthropic).url == "https://api.anthropic.com/v1/messages")
    #expect(try endpoint(nil, .openai).url == "https://api.openai.com/v1/chat/completions")
    #expect(try endpoint("http://localhost:11434/v1/").url == "http://localhost:11434/v1/chat/completions")
    #expect(try endpoint("https://gw.example/anthropic", .anthropic).url == "https://gw.example/anthropic/v1/messages")
  }

  @Test(arguments: [
    "", "ftp://x.example", "file:///etc/passwd", "localhost:8000", "http://", "http://a b/", "https://key@x.example/v1",
    "https://me:secret@x.example/v1", "https://x.example/v1?key=abc", "https://x.example/v1#a",
  ])
  func `an address that is none, or that holds a key, is refused without being shown whole`(url: String) {
    let error = #expect(throws: ModelError.self) { try endpoint(url) }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains("secret") == false && error?.message.contains("abc") == false)
  }

  @Test func `proxies are found as libcurl finds them, in the given environment alone`() throws {
    let both = ["https_proxy": "http://a:1", "http_proxy": "http://b:2", "no_proxy": "x.example"]
    #expect(try endpoint("https://m.example", .openai, both).proxy == "http://a:1")
    #expect(try endpoint("http://m.example", .openai, both).proxy == "http://b:2")
    #expect(try endpoint("https://m.example", .openai, both).noProxy == "x.example")
    #expect(try endpoint("https://m.example", .openai, ["HTTPS_PROXY": "http://c:3"]).proxy == "http://c:3")
    #expect(try endpoint("https://m.example", .openai, ["https_proxy": "", "ALL_PROXY": "d:4"]).proxy == "d:4")
    #expect(try endpoint("http://m.example", .openai, ["HTTP_PROXY": "http://evil:1"]).proxy == nil)
    #expect(try endpoint("http://localhost:1/v1", .openai, both).proxy == nil, "this machine is asked directly")
    let own = try endpoint("https://m.example", proxy: "http://e:5", both)
    #expect(own.proxy == "http://e:5" && own.noProxy.isEmpty)
    #expect(throws: ModelError.self) { try endpoint("https://m.example", proxy: "http://") }
  }

  @Test func `certificates are the rule's, else those of SSL_CERT_FILE`() throws {
    var rule = ModelRule(api: .openai, model: "m")
    #expect(try Endpoint(rule, environment: [:]).certificates == nil)
    #expect(try Endpoint(rule, environment: ["SSL_CERT_FILE": "/a.pem"]).certificates == "/a.pem")
    rule.certificates = "/b.pem"
    #expect(try Endpoint(rule, environment: ["SSL_CERT_FILE": "/a.pem"]).certificates == "/b.pem")
  }

  @Test func `a request goes through the proxy of the environment, and around it where that says so`() throws {
    let proxy = try #require(ScriptedServer([wholeReply(.openai)]))
    defer { proxy.stop() }
    let rule = ModelRule.scripted(.openai, "http://models.example/v1") { $0.retries = 0 }
    var environment = ["http_proxy": proxy.url]
    let client = try ModelClient(rule: rule, secret: Secret("sk-12345678"), environment: environment)
    let reply = try client.complete(simpleRequest, seed: 1, clock: TestClock().clock()) { false }
    #expect(reply.text == ReplyTests.expected)
    #expect(proxy.requests.map(\.target) == ["http://models.example/v1/chat/completions"])

    let direct = try #require(ScriptedServer([wholeReply(.openai)]))
    defer { direct.stop() }
    // Another name of loopback than those that never go through a proxy.
    environment["no_proxy"] = "0.0.0.0"
    let around = try ModelClient(
      rule: .scripted(.openai, "http://0.0.0.0:\(direct.port)/v1"), secret: nil, environment: environment)
    #expect(
      try around.complete(simpleRequest, seed: 1, clock: TestClock().clock()) { false }.text == ReplyTests.expected)
    #expect(direct.requests.map(\.target) == ["/v1/chat/completions"])
    #expect(proxy.requests.count == 1)
  }

  @Test func `a proxy that is not there is an error that names where it was set`() throws {
    let gone = try #require(ClosedPort())
    let rule = ModelRule.scripted(.openai, "http://models.example/v1") { $0.retries = 0 }
    let client = try ModelClient(rule: rule, secret: nil, environment: ["http_proxy": gone.url])
    let error = #expect(throws: ModelError.self) {
      try client.complete(simpleRequest, seed: 1, clock: TestClock().clock()) { false }
    }
    #expect(error?.code == .connection)
    #expect(
      error?.hints
        == ["requests go through a proxy: `proxy` sets it, else `https_proxy`, `http_proxy` and `no_proxy`"])
  }

  @Test(arguments: [(403, 1), (407, 1), (503, 3)])
  func `a proxy that lets nothing through is asked again only where it says that it is busy`(
    status: Int, asked: Int
  ) throws {
    let proxy = try #require(ScriptedServer([ScriptedServer.response("no", status: status)]))
    defer { proxy.stop() }
    let rule = ModelRule.scripted(.openai, "https://models.example/v1") {
      $0.retries = 2
      $0.proxy = proxy.url
    }
    let client = try ModelClient(rule: rule, secret: Secret("sk-12345678"), environment: [:])
    let error = #expect(throws: ModelError.self) {
      try client.complete(simpleRequest, seed: 1, clock: TestClock().clock()) { false }
    }
    #expect(error?.code == .connection)
    #expect(error?.message.contains("\(status)") == true)
    #expect(proxy.requests.map(\.target) == Array(repeating: "models.example:443", count: asked))
    // The key is for the server behind it.
    #expect(proxy.requests.allSatisfy { $0.method == "CONNECT" && $0.headers["authorization"] == nil })
  }

  @Test(.enabled(if: TLSServer.canRun, "needs `openssl` and `python3`"))
  func `a certificate counts only where it is trusted`() throws {
    let server = try #require(TLSServer())
    defer { server.stop() }
    var rule = ModelRule.scripted(.openai, "https://localhost:\(server.port)/v1") { $0.retries = 0 }
    let stranger = try ModelClient(rule: rule, secret: nil, environment: [:])
    let error = #expect(throws: ModelError.self) { try stranger.complete(simpleRequest, seed: 1) { false } }
    #expect(error?.code == .certificate)
    #expect(error?.message.hasPrefix("the certificate of `localhost` is not trusted: ") == true)
    #expect(error?.hints == ["`certificates` names a file of certificates to trust, as `SSL_CERT_FILE` does"])

    let trusting = try ModelClient(rule: rule, secret: nil, environment: ["SSL_CERT_FILE": server.certificate])
    #expect(try trusting.complete(simpleRequest, seed: 1) { false }.text == "safe")
    rule.certificates = server.certificate
    let named = try ModelClient(rule: rule, secret: nil, environment: [:])
    #expect(try named.complete(simpleRequest, seed: 1) { false }.text == "safe")
    rule.certificates = "/nowhere.pem"
    let missing = try ModelClient(rule: rule, secret: nil, environment: [:])
    let other = #expect(throws: ModelError.self) { try missing.complete(simpleRequest, seed: 1) { false } }
    #expect(other?.code == .certificate)
  }
}

/// A server with a certificate that nobody but the test trusts.
private final class TLSServer {
  static var canRun: Bool { ["openssl", "python3"].allSatisfy { access("/usr/bin/\($0)", X_OK) == 0 } }
  let port: Int
  let certificate: String
  private let folder: String
  private let process: RunningProgram

  init?() {
    var template = Array("/tmp/pawl-tls.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    certificate = "\(folder)/certificate.pem"
    let script = """
      openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout key.pem -out certificate.pem 2>openssl.log || exit 1
      exec /usr/bin/python3 -u -c '
      import http.server, ssl
      class Handler(http.server.BaseHTTPRequestHandler):
          def do_POST(self):
              self.rfile.read(int(self.headers["Content-Length"]))
              body = b"{\\"choices\\":[{\\"message\\":{\\"content\\":\\"safe\\"},\\"finish_reason\\":\\"stop\\"}]}"
              self.send_response(200)
              self.send_header("Content-Length", str(len(body)))
              self.end_headers()
              self.wfile.write(body)
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain("certificate.pem", "key.pem")
      server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
      print("port", server.server_port)
      server.serve_forever()
      '
      """
    guard
      let process = RunningProgram(
        "/bin/sh", ["-c", script], environment: ["PATH=/usr/local/bin:/usr/bin:/bin"], directory: folder,
        captureIn: "\(folder)/log")
    else { return nil }
    self.process = process
    var port: Int?
    _ = eventually {
      let words = process.output.split(whereSeparator: \.isWhitespace)
      if words.count == 2, process.output.hasSuffix("\n") { port = Int(words[1]) }
      return port != nil || process.hasEnded
    }
    guard let port else { return nil }
    self.port = port
  }

  func stop() {
    process.kill(SIGKILL)
    _ = process.wait(seconds: 60)
    for name in ["certificate.pem", "key.pem", "openssl.log", "log.out", "log.err"] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }
}
