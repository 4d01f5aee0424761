import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A key is sent to its server and seen nowhere else.
@Suite struct SecretTests {
  static let key = "sk-proj-0123456789/abcdef"
  static let secret = Secret(key)

  @Test(arguments: ModelRule.API.allCases)
  func `a key in a reply is masked, however it was cut and escaped`(api: ModelRule.API) throws {
    let (head, tail) = (Self.key.prefix(10), Self.key.dropFirst(10))
    let escaped = #"{\"key\": \"sk-proj-0123456789\\/abcdef\"}"#
    let events =
      api == .anthropic
      ? [
        anthropicEvents[0].replacing("claude-test", with: Self.key),
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"it is \#(head)"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\#(tail)."}}"#,
        #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"\#(Self.key)","input":{}}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\#(escaped)"}}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"explanation":"No \#(Self.key)"}},"usage":{"output_tokens":1}}"#,
        #"{"type":"message_stop"}"#,
      ]
      : [
        #"{"model":"\#(Self.key)","choices":[{"index":0,"delta":{"content":"it is \#(head)"}}]}"#,
        #"{"choices":[{"index":0,"delta":{"content":"\#(tail)."}}]}"#,
        #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"\#(Self.key)","arguments":"\#(escaped)"}}]}}]}"#,
        #"{"choices":[{"index":0,"delta":{"refusal":"No \#(Self.key)"},"finish_reason":"stop"}]}"#, "[DONE]",
      ]
    let text = api == .anthropic ? anthropicStream(events) : openAIStream(events)
    let reply = try #require(try ask(api, [ScriptedServer.stream(text)], secret: Self.secret).reply)
    #expect(reply.text == "it is \(Secret.mask).")
    #expect(reply.model == Secret.mask)
    #expect(reply.calls.first?.name == Secret.mask)
    #expect(reply.calls.first?.arguments == #"{"key":"[redacted]"}"#)
    #expect(reply.end == .refused(reason: "the model refused: No \(Secret.mask)"))
    #expect(!"\(reply)".contains("0123456789"))
  }

  @Test func `a key in an error is masked, also where the words are cut`() throws {
    let long = String(repeating: "x", count: 395) + Self.key
    for (body, status) in [
      (#"{"error":{"message":"Incorrect API key provided: \#(Self.key)"}}"#, 401), (#"{"error":"\#(long)"}"#, 400),
      ("<html><title>\(Self.key)</title></html>", 200), ("{\"\(Self.key)\": 1}", 200), ("data: {\(Self.key)\n\n", 200),
      ("see \(Self.key)", 500),
    ] {
      let asked = try ask(
        .openai, [ScriptedServer.response(body, status: status)], secret: Self.secret, rule: { $0.retries = 0 })
      let error = try #require(asked.error)
      #expect(!"\(error)".contains("sk-proj"), "\(error)")
      #expect(!"\(error)\(error.hints)".contains("0123456789"), "\(error)")
    }
    let away = ScriptedServer.response("", status: 302, headers: [("Location", "https://x.example/\(Self.key)")])
    #expect(try ask(.openai, [away], secret: Self.secret).error?.message.contains("sk-proj") == false)
  }

  @Test func `a proxy's password is in no error`() throws {
    let server = try #require(ScriptedServer([ScriptedServer.response("pass-9876543210 denied", status: 407)]))
    defer { server.stop() }
    var rule = ModelRule.scripted(.openai, "http://models.example/v1")
    rule.proxy = "http://me:pass-9876543210@127.0.0.1:\(server.port)"
    rule.retries = 0
    let client = try ModelClient(rule: rule, secret: nil, environment: [:])
    let error = #expect(throws: ModelError.self) {
      try client.complete(simpleRequest, seed: 1, clock: TestClock().clock()) { false }
    }
    #expect(error?.message == "`models.example` answered 407: [redacted] denied")
    #expect(server.requests.first?.headers["proxy-authorization"]?.hasPrefix("Basic ") == true)
  }

  // MARK: where a key is found

  private func file(_ text: String, mode: mode_t) throws -> String {
    var template = Array("/tmp/pawl-key.XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
    fchmod(descriptor, mode)
    close(descriptor)
    return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  @Test func `a key comes from the given environment or a file, without the space around it`() throws {
    let found = try ModelKey.read(.environment("MY_KEY"), environment: ["MY_KEY": "  sk-12345678\n"])
    #expect(found.secret == Secret("sk-12345678"))
    #expect(found.note == nil)
    #expect(try ModelKey.read(.none, environment: [:]).secret == nil)
    let path = try file("sk-12345678\r\n", mode: 0o600)
    defer { unlink(path) }
    let own = try ModelKey.read(.file(path), environment: [:])
    #expect(own.secret == Secret("sk-12345678"))
    #expect(own.note == nil)
    let parts = path.split(separator: "/")
    #expect(
      try ModelKey.read(.file("~/\(parts.last ?? "")"), environment: ["HOME": "/tmp"]).secret == Secret("sk-12345678"))
  }

  @Test func `a file that others can read is used and told of`() throws {
    let path = try file("sk-12345678", mode: 0o640)
    defer { unlink(path) }
    let found = try ModelKey.read(.file(path), environment: [:])
    #expect(found.secret == Secret("sk-12345678"))
    #expect(found.note == "the key in `\(path)` can be read by others: `chmod 600` keeps it to you")
  }

  @Test(arguments: [
    ("", "the variable `K` is empty, where a key should be"),
    (" \n", "the variable `K` is empty, where a key should be"),
    ("sk-1\nsk-2", "the variable `K` holds more than one line, where a key should be"),
    ("sk 1", "the variable `K` holds characters that are in no key"),
    ("sk-ü", "the variable `K` holds characters that are in no key"),
    ("sk-1\r\nX-Evil: 1", "the variable `K` holds more than one line, where a key should be"),
  ])
  func `what is no key is an error that does not show it`(value: String, message: String) {
    let error = #expect(throws: ModelError.self) { try ModelKey.read(.environment("K"), environment: ["K": value]) }
    #expect(error?.code == .key)
    #expect(error?.message == message)
  }

  @Test func `a missing key is an error that says how to set it`() {
    let error = #expect(throws: ModelError.self) { try ModelKey.read(.environment("K"), environment: [:]) }
    #expect(error?.message == "the variable `K` with the key is not set")
    #expect(
      error?.hints == ["set it where `pawl run` is started: `export K=…`, or name a file with `key_file`"])
    let none = #expect(throws: ModelError.self) { try ModelKey.read(.file("/nowhere/key"), environment: [:]) }
    #expect(none?.message == "the file `/nowhere/key` with the key cannot be read: No such file or directory")
    let folder = #expect(throws: ModelError.self) { try ModelKey.read(.file("/tmp"), environment: [:]) }
    #expect(folder?.code == .key)
  }

  @Test func `a key that would break out of its header is not sent`() {
    let rule = ModelRule(api: .openai, model: "m", baseURL: "http://127.0.0.1:1/v1")
    let error = #expect(throws: ModelError.self) {
      try ModelClient(rule: rule, secret: Secret("sk\r\nX-Evil: 1"), environment: [:])
    }
    #expect(error?.code == .key)
  }
}
