import PawlCore
import Testing

@testable import PawlCLI

@Suite struct `The protocol of pawl mcp` {
  private static let tools = [
    ToolDescription(
      name: "look", title: "Look", description: "Looks.", input: .fields(["type": .string("object")]),
      output: .fields(["type": .string("object")]), isReading: true)
  ]
  private static func core() -> ProtocolCore {
    ProtocolCore(tools: tools, name: "pawl", version: "1", instructions: "Look first.")
  }

  private static func initialised(_ version: String = "2025-06-18") -> ProtocolCore {
    var core = core()
    _ = core.hear(
      #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\#(version)","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#
    )
    _ = core.hear(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
    return core
  }

  @Test(arguments: [
    ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
    ("2025-11-25", "2025-11-25"), ("1999-01-01", "2025-11-25"), ("2026-07-28", "2025-11-25"),
  ])
  func `begins with the revision that is asked for, or the newest that has a beginning`(asked: String, got: String) {
    var core = Self.core()
    let said = core.said(
      #"{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"\#(asked)","capabilities":{}}}"#)
    #expect(said["result"]?["protocolVersion"] == .string(got) && said["id"] == .string("a"))
    #expect(said["result"]?["capabilities"]?["tools"] == .fields([:]))
    #expect(said["result"]?["serverInfo"]?["name"] == .string("pawl"))
    #expect(said["result"]?["instructions"] == .string("Look first."))
    #expect(core.hear(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#) == [])
    #expect(core.said(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)["result"] == .fields([:]))
    #expect(core.code(#"{"jsonrpc":"2.0","id":3,"method":"initialize","params":{"protocolVersion":"x"}}"#) == -32600)
  }

  @Test func `tools are listed as the revision knows them`() {
    let list = #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#
    var old = Self.initialised("2024-11-05")
    #expect(
      old.said(list)["result"]?["tools"]
        == .array([
          .fields(["name": .string("look"), "description": .string("Looks."), "inputSchema": Self.tools[0].input])
        ]))
    var middle = Self.initialised("2025-03-26")
    let listed = middle.said(list)["result"]?["tools"]?.array?.first
    #expect(listed?["annotations"]?["readOnlyHint"] == .boolean(true) && listed?["outputSchema"] == nil)
    var new = Self.initialised()
    #expect(new.said(list)["result"]?["tools"]?.array?.first?["outputSchema"] == Self.tools[0].output)
    #expect(new.code(#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}"#) == -32602)
  }

  @Test(arguments: [
    ("{", -32700), ("nonsense", -32700), ("{\"a\":\"\u{1}\"}", -32700), ("[]", -32600), ("1", -32600), ("{}", -32600),
    (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600), (#"{"jsonrpc":"2.0","id":1}"#, -32600),
    (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600), (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600), (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, -32600),
    (#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, -32601),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#, -32601),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"none"}}"#, -32602),
    (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","arguments":[1]}}"#, -32602),
    (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
  ])
  func `what makes no sense is refused with its code`(line: String, code: Int) {
    var core = Self.initialised()
    #expect(core.code(line) == code)
    #expect(core.said(#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#)["id"] == .integer(9), "it goes on")
  }

  @Test func `nothing is answered to notifications, answers and blank lines`() {
    var core = Self.initialised()
    for line in [
      "", " \r", #"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
      #"{"jsonrpc":"2.0","id":4,"result":{}}"#,
      #"{"jsonrpc":"2.0","id":4,"error":{"code":1,"message":"m"}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
      #"{"jsonrpc":"2.0","method":"x","params":3}"#,
    ] { #expect(core.hear(line) == []) }
  }

  @Test func `nothing but a ping is answered before the beginning`() {
    var core = Self.core()
    #expect(core.code(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#) == -32600)
    #expect(core.code(#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#) == -32602)
    #expect(core.said(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)["result"] == .fields([:]))
  }

  @Test func `calls are answered in any order, with structure where the revision has it`() {
    var core = Self.initialised()
    for id in ["1", "\"1\""] {
      let action = core.hear(
        #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"look","arguments":{"a":1}}}"#)
      #expect(
        action == [.call(id == "1" ? .number("1") : .word("1"), tool: "look", arguments: .fields(["a": .integer(1)]))])
    }
    #expect(core.code(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) == -32600, "its id is in use")
    let answer = ToolAnswer.success("seen", .fields(["n": .integer(2)]))
    let second = core.finish(.word("1"), answer).message
    #expect(second?["result"]?["structuredContent"] == .fields(["n": .integer(2)]))
    #expect(second?["result"]?["content"]?.array?.first?["text"] == .string("seen") && second?["id"] == .string("1"))
    #expect(second?["result"]?["isError"] == nil && second?["result"]?["resultType"] == nil)
    let first = core.finish(.number("1"), .failure("no")).message
    #expect(first?["result"]?["isError"] == .boolean(true) && first?["result"]?["structuredContent"] == nil)
    #expect(core.finish(.number("1"), answer) == [], "once is enough")
    var old = Self.initialised("2025-03-26")
    _ = old.hear(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look"}}"#)
    #expect(old.finish(.number("1"), answer).message?["result"]?["structuredContent"] == nil)
  }

  @Test func `a cancelled call is told to its shell, and never answered`() {
    var core = Self.initialised()
    _ = core.hear(
      #"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"look","_meta":{"progressToken":1}}}"#)
    let cancel = #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"tired"}}"#
    #expect(core.hear(cancel) == [.cancel(.number("7"))])
    #expect(core.report(.number("7"), progress: 1, "on") == [])
    #expect(core.finish(.number("7"), .failure("late")) == [])
    #expect(core.hear(cancel) == [])
  }

  @Test func `progress grows, and is told to who asked`() {
    var core = Self.initialised()
    _ = core.hear(
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","_meta":{"progressToken":"t"}}}"#)
    _ = core.hear(#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"look"}}"#)
    let said = core.report(.number("1"), progress: 2.5, "measuring").message
    #expect(said?["method"] == .string("notifications/progress") && said?["id"] == nil)
    #expect(
      said?["params"]
        == .fields(["progressToken": .string("t"), "progress": .real(2.5), "message": .string("measuring")]))
    #expect(core.report(.number("1"), progress: 2.5, "again") == [])
    #expect(core.report(.number("1"), progress: 3, "more").count == 1)
    #expect(core.report(.number("2"), progress: 3, "more") == [])
    #expect(core.report(.number("3"), progress: 3, "more") == [])
  }

  @Test func `more calls than can be under way are refused`() {
    var core = Self.initialised()
    for id in 1...ProtocolCore.mostCalls {
      #expect(
        core.hear(#"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"look"}}"#).message == nil)
    }
    #expect(core.code(#"{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"look"}}"#) == -32600)
    _ = core.finish(.number("3"), .failure("done"))
    #expect(core.hear(#"{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"look"}}"#).message == nil)
  }

  @Test func `a batch is answered whole, in the one revision that has them`() throws {
    var core = Self.initialised("2025-03-26")
    let batch = #"""
      [{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"1.0","method":"x"},
      {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"look"}},{"jsonrpc":"2.0","id":5,"result":{}},
      {"jsonrpc":"2.0","id":3,"method":"nothing"},{"jsonrpc":"2.0","method":7},7]
      """#
    #expect(core.hear(batch) == [.call(.number("2"), tool: "look", arguments: .fields([:]))])
    let answers = try #require(core.finish(.number("2"), .failure("no")).message?.array)
    #expect(answers.map { $0["id"] } == [.integer(1), .null, .integer(3), .null, .null, .integer(2)])
    #expect(core.hear(#"[{"jsonrpc":"2.0","method":"notifications/x"}]"#) == [])
    #expect(core.code("[]") == -32600)
    #expect(core.said(#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).array?.count == 1)
    _ = core.hear(
      #"[{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"look"}},{"jsonrpc":"2.0","id":5,"method":"ping"}]"#
    )
    _ = core.hear(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}}"#)
    #expect(core.finish(.number("4"), .failure("no")).message?.array?.count == 1)
  }

  @Test func `without a beginning every request names its revision`() {
    var core = Self.core()
    let meta =
      #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#
    let found = core.said(#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{\#(meta)}}"#)["result"]
    #expect(found?["supportedVersions"]?.array?.count == 5 && found?["resultType"] == .string("complete"))
    #expect(found?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == .string("pawl"))
    #expect(found?["cacheScope"] == .string("private") && found?["ttlMs"] == .integer(3_600_000))
    let list = core.said(#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{\#(meta)}}"#)["result"]
    #expect(list?["tools"]?.array?.count == 1 && list?["resultType"] == .string("complete"))
    _ = core.hear(#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"look",\#(meta)}}"#)
    let answer = core.finish(.number("3"), .success("seen", .fields([:]))).message?["result"]
    #expect(answer?["resultType"] == .string("complete") && answer?["structuredContent"] == .fields([:]))
    #expect(core.code(#"{"jsonrpc":"2.0","id":4,"method":"ping","params":{\#(meta)}}"#) == -32601)
    let other = core.said(
      #"{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2030-01-01"}}}"#
    )
    #expect(
      other["error"]?["code"] == .integer(-32022) && other["error"]?["data"]?["requested"] == .string("2030-01-01"))
    #expect(other["error"]?["data"]?["supported"]?.array?.last == .string("2026-07-28"))
    #expect(
      core.said(#"{"jsonrpc":"2.0","id":6,"method":"server/discover"}"#)["result"] != nil, "a client that only asks")
    // One that knows the older revisions only may still begin as they do.
    #expect(
      core.said(#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#)["result"]
        != nil)
  }

  @Test func `numbers, deep nesting and long texts are survived`() {
    var core = Self.initialised()
    let deep = String(repeating: "[", count: 100_000)
    #expect(core.code(deep) == -32700)
    #expect(core.code(#"{"jsonrpc":"2.0","id":1e400,"method":"ping"}"#) == -32600)
    #expect(core.code(#"{"jsonrpc":"2.0","id":99999999999999999999,"method":"ping"}"#) == -32600)
    let long = String(repeating: "ü", count: 1_000_000)
    #expect(
      core.hear(
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","arguments":{"a":"\#(long)"}}}"#
      ).count == 1)
    #expect(core.receiveTooLong().message?["error"]?["code"] == .integer(-32700))
  }
}

extension ProtocolCore {
  mutating func hear(_ line: String) -> [Action] { receive(line.replacing("\n", with: " ").utf8) }
  /// The one message that comes back.
  mutating func said(_ line: String) -> JSONValue { hear(line).message ?? .null }
  mutating func code(_ line: String) -> Int? {
    said(line)["error"]?["code"]?.integer
  }
}

extension [ProtocolCore.Action] {
  var message: JSONValue? {
    guard count == 1, case .send(let line)? = first, !line.contains("\n") else { return nil }
    return JSONValue(line)
  }
}
