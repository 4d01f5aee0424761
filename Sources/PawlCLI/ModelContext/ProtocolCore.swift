import PawlCore

/// The server's side of the Model Context Protocol over a stream of lines: messages in, messages and calls out.
///
/// Pure: it reads no clock, starts nothing and blocks on nothing. A shell sends what it says, runs the calls, and comes back with their
/// answers. Sources: JSON-RPC 2.0; modelcontextprotocol.io/specification, every revision of `ProtocolVersion`.
struct ProtocolCore {
  /// A request's name, as its client chose it.
  enum RequestID: Sendable, Hashable {
    /// As it was written.
    case number(String)
    case word(String)
    var node: JSONValue {
      switch self {
      case .number(let number): .number(number)
      case .word(let word): .string(word)
      }
    }
  }

  enum Action: Sendable, Equatable {
    /// One line, without its break.
    case send(String)
    case call(RequestID, tool: String, arguments: JSONValue)
    /// Nobody waits for the answer of that call any more.
    case cancel(RequestID)
  }

  private struct Running {
    let version: ProtocolVersion
    let progressToken: JSONValue?
    let batch: Int?
    var progress = 0.0
    var isCancelled = false
  }

  private let tools: [ToolDescription]
  private let server: JSONValue
  private let instructions: String
  /// By `initialize`; nil before, and for clients that do without.
  private var version: ProtocolVersion?
  /// What the client calls itself, where it does.
  private(set) var client: String?
  private var running: [RequestID: Running] = [:]
  /// Answers of batches that are not whole yet, and how many are missing.
  private var batches: [Int: (missing: Int, answers: [JSONValue])] = [:]
  private var lastBatch = 0

  /// Calls at the same time; a client that asks for more is told to wait.
  static let mostCalls = 16
  /// Messages of one batch.
  private static let mostInBatch = 100

  init(tools: [ToolDescription], name: String, version: String, instructions: String) {
    self.tools = tools
    self.instructions = instructions
    server = .fields(["name": .string(name), "title": .string("Pawl"), "version": .string(version)])
  }

  /// Takes one line.
  mutating func receive(_ line: some Collection<UInt8>) -> [Action] {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    if line.allSatisfy(isBlank) { return [] }
    guard let message = JSONValue(bytes: Array(line)) else {
      return [refuse(nil, ErrorCode.parse, "the line is not JSON")]
    }
    guard let messages = message.array else { return take(message, batch: nil) }
    guard version?.hasBatches == true else {
      let since = ProtocolVersion.v2025_03_26.rawValue
      return [refuse(nil, ErrorCode.invalidRequest, "only revision `\(since)` has batches: send one message a line")]
    }
    guard !messages.isEmpty, messages.count <= Self.mostInBatch else {
      return [refuse(nil, ErrorCode.invalidRequest, "a batch holds 1 to \(Self.mostInBatch) messages")]
    }
    return take(batch: messages)
  }

  /// Takes a line that was too long to be read.
  func receiveTooLong() -> [Action] { [refuse(nil, ErrorCode.parse, "the line is too long")] }

  private mutating func take(batch messages: [JSONValue]) -> [Action] {
    lastBatch += 1
    // One more than there can be, so that it is not whole before all of it was read.
    batches[lastBatch] = (missing: messages.count + 1, answers: [])
    var actions: [Action] = []
    for message in messages {
      actions += take(message, batch: lastBatch)
      if Self.isNotification(message) { actions += settle(lastBatch, nil) }
    }
    return actions + settle(lastBatch, nil)
  }

  /// Counts one answer of a batch; the last one sends all of them.
  private mutating func settle(_ number: Int, _ answer: JSONValue?) -> [Action] {
    guard var batch = batches[number] else { return [] }
    batch.missing -= 1
    if let answer { batch.answers.append(answer) }
    batches[number] = batch
    guard batch.missing == 0 else { return [] }
    batches[number] = nil
    return batch.answers.isEmpty ? [] : [.send(JSONValue.array(batch.answers).text)]
  }

  private mutating func say(_ answer: JSONValue, batch: Int?) -> [Action] {
    batch.map { settle($0, answer) } ?? [.send(answer.text)]
  }

  // MARK: Messages

  private mutating func take(_ message: JSONValue, batch: Int?) -> [Action] {
    guard message["jsonrpc"]?.string == "2.0" else {
      return say(Self.failure(Self.id(of: message), ErrorCode.invalidRequest, "no JSON-RPC 2.0 message"), batch: batch)
    }
    guard let method = message["method"]?.string else {
      // An answer: this server asks nothing, so it belongs to nothing.
      if message["method"] == nil, message["result"] != nil || message["error"] != nil {
        return batch.map { settle($0, nil) } ?? []
      }
      return say(Self.failure(Self.id(of: message), ErrorCode.invalidRequest, "no `method`"), batch: batch)
    }
    let parameters = message["params"] ?? .fields([:])
    if Self.isNotification(message) { return notified(method, parameters) }
    guard let id = Self.id(of: message), running[id] == nil else {
      return say(
        Self.failure(nil, ErrorCode.invalidRequest, "an `id` is a string or a whole number, and used once"),
        batch: batch)
    }
    guard parameters.isObject else {
      return say(Self.failure(id, ErrorCode.invalidParameters, "`params` is no object"), batch: batch)
    }
    do throws(Refusal) {
      let version = try version(of: parameters, method)
      if method == "tools/call" { return [try call(id, parameters, version, batch: batch)] }
      let result = try answer(method, parameters, version)
      return say(Self.success(id, result), batch: batch)
    } catch {
      return say(Self.failure(id, error.code, error.message, data: error.data), batch: batch)
    }
  }

  private struct Refusal: Error {
    let code: Int
    let message: String
    var data: JSONValue?
  }

  /// Returns the revision that a request is made in.
  private mutating func version(of parameters: JSONValue, _ method: String) throws(Refusal) -> ProtocolVersion {
    client = parameters["_meta"]?[MetaKey.client]?["name"]?.string ?? client
    if let asked = parameters["_meta"]?[MetaKey.version] {
      guard let text = asked.string else {
        throw Refusal(code: ErrorCode.invalidParameters, message: "`_meta.\(MetaKey.version)` is no text")
      }
      if let version = ProtocolVersion(rawValue: text), version.isStateless { return version }
      throw Refusal(
        code: ErrorCode.unsupportedVersion, message: "revision `\(text)` is not spoken without a handshake",
        data: .fields([
          "supported": .array(ProtocolVersion.allCases.map { .string($0.rawValue) }), "requested": .string(text),
        ]))
    }
    if let version { return version }
    switch method {
    case "initialize", "ping": return .newestHandshaking
    case "server/discover": return .v2026_07_28
    default:
      throw Refusal(
        code: ErrorCode.invalidRequest,
        message: "the first request is `initialize`, or each names its revision in `_meta.\(MetaKey.version)`")
    }
  }

  private mutating func notified(_ method: String, _ parameters: JSONValue) -> [Action] {
    guard method == "notifications/cancelled", let id = Self.id(parameters["requestId"]), running[id] != nil else {
      return []
    }
    running[id]?.isCancelled = true
    return [.cancel(id)]
  }

  // MARK: Requests

  private mutating func answer(
    _ method: String, _ parameters: JSONValue, _ version: ProtocolVersion
  ) throws(Refusal) -> [String: JSONValue] {
    switch method {
    case "initialize" where !version.isStateless: return try initialize(parameters)
    case "server/discover" where version.isStateless:
      return [
        "supportedVersions": .array(ProtocolVersion.allCases.map { .string($0.rawValue) }),
        "capabilities": .fields(["tools": .fields([:])]), "instructions": .string(instructions),
        "_meta": .fields([MetaKey.server: server]),
      ].merging(Self.cacheable) { $1 }
    case "ping" where !version.isStateless: return [:]
    case "tools/list":
      // All tools are on the first page.
      if parameters["cursor"] != nil { throw Refusal(code: ErrorCode.invalidParameters, message: "no such `cursor`") }
      let list: [String: JSONValue] = ["tools": .array(tools.map { $0.listed(for: version) })]
      return version.isStateless ? list.merging(Self.cacheable) { $1 } : list
    default:
      throw Refusal(code: ErrorCode.unknownMethod, message: "there is no method `\(method)`")
    }
  }

  /// The tools are those of the program, whatever the study does.
  private static let cacheable: [String: JSONValue] = [
    "resultType": .string("complete"), "ttlMs": .integer(3_600_000), "cacheScope": .string("private"),
  ]

  private mutating func initialize(_ parameters: JSONValue) throws(Refusal) -> [String: JSONValue] {
    guard let asked = parameters["protocolVersion"]?.string else {
      throw Refusal(code: ErrorCode.invalidParameters, message: "`protocolVersion` is missing")
    }
    guard version == nil else { throw Refusal(code: ErrorCode.invalidRequest, message: "it is initialised already") }
    let chosen = ProtocolVersion.handshaking.first { $0.rawValue == asked } ?? .newestHandshaking
    version = chosen
    client = parameters["clientInfo"]?["name"]?.string
    return [
      "protocolVersion": .string(chosen.rawValue), "capabilities": .fields(["tools": .fields([:])]),
      "serverInfo": server, "instructions": .string(instructions),
    ]
  }

  private mutating func call(
    _ id: RequestID, _ parameters: JSONValue, _ version: ProtocolVersion, batch: Int?
  ) throws(Refusal) -> Action {
    guard let name = parameters["name"]?.string else {
      throw Refusal(code: ErrorCode.invalidParameters, message: "`name` is missing")
    }
    guard tools.contains(where: { $0.name == name }) else {
      throw Refusal(
        code: ErrorCode.invalidParameters,
        message: "unknown tool `\(name)`; there are \(tools.map { "`\($0.name)`" }.joined(separator: ", "))")
    }
    let arguments = parameters["arguments"] ?? .fields([:])
    guard arguments.isObject || arguments == .null else {
      throw Refusal(code: ErrorCode.invalidParameters, message: "`arguments` is no object")
    }
    guard running.count < Self.mostCalls else {
      throw Refusal(code: ErrorCode.invalidRequest, message: "\(Self.mostCalls) calls are under way: wait for one")
    }
    let token = parameters["_meta"]?["progressToken"]
    let isToken = token?.string != nil || Self.id(token) != nil
    running[id] = Running(version: version, progressToken: isToken ? token : nil, batch: batch)
    return .call(id, tool: name, arguments: arguments == .null ? .fields([:]) : arguments)
  }

  // MARK: What the shell comes back with

  /// Takes the answer of a call.
  mutating func finish(_ id: RequestID, _ answer: ToolAnswer) -> [Action] {
    guard let call = running.removeValue(forKey: id) else { return [] }
    // No answer is sent to who cancelled (specification, basic/utilities/cancellation).
    if call.isCancelled { return call.batch.map { settle($0, nil) } ?? [] }
    var result = answer.result(for: call.version)
    if call.version.isStateless { result["resultType"] = .string("complete") }
    return say(Self.success(id, result), batch: call.batch)
  }

  /// Says how far a call is, to who asked to be told; `progress` must grow, else nothing is said.
  mutating func report(_ id: RequestID, progress: Double, _ words: String) -> [Action] {
    guard let call = running[id], let token = call.progressToken, !call.isCancelled, progress > call.progress else {
      return []
    }
    running[id]?.progress = progress
    var members: [String: JSONValue] = ["progressToken": token, "progress": .real(progress)]
    if call.version.hasAnnotations { members["message"] = .string(words) }
    let message: JSONValue = .fields([
      "jsonrpc": .string("2.0"), "method": .string("notifications/progress"), "params": .fields(members),
    ])
    return [.send(message.text)]
  }

  // MARK: JSON-RPC

  private static func isNotification(_ message: JSONValue) -> Bool {
    message["jsonrpc"]?.string == "2.0" && message["method"]?.string != nil && message["id"] == nil
  }

  private static func id(of message: JSONValue) -> RequestID? { id(message["id"]) }
  private static func id(_ node: JSONValue?) -> RequestID? {
    switch node {
    case .number(let text): node?.integer == nil ? nil : .number(text)
    case .string(let word): .word(word)
    default: nil
    }
  }

  private static func success(_ id: RequestID, _ result: [String: JSONValue]) -> JSONValue {
    .fields(["jsonrpc": .string("2.0"), "id": id.node, "result": .fields(result)])
  }

  private static func failure(_ id: RequestID?, _ code: Int, _ message: String, data: JSONValue? = nil) -> JSONValue {
    var error: [String: JSONValue] = ["code": .integer(code), "message": .string(message)]
    if let data { error["data"] = data }
    return .fields(["jsonrpc": .string("2.0"), "id": id?.node ?? .null, "error": .fields(error)])
  }

  private func refuse(_ id: RequestID?, _ code: Int, _ message: String) -> Action {
    .send(Self.failure(id, code, message).text)
  }
}
