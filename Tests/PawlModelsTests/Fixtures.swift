import PawlCore
import PawlTestSupport
import Synchronization
import Testing

@testable import PawlModels

/// A clock whose waits are over at once and are noted.
final class TestClock: Sendable {
  private struct State {
    var elapsed = 0.0
    var waits: [Double] = []
  }
  private let state = Mutex(State())
  /// Sun, 06 Nov 1994 08:49:37 GMT.
  static let date = 784_111_777.0

  var waits: [Double] { state.withLock { $0.waits } }

  func clock(onWait: @escaping @Sendable (Double) -> Void = { _ in }) -> ModelClock {
    ModelClock(
      elapsed: { self.state.withLock { $0.elapsed } }, date: { self.state.withLock { Self.date + $0.elapsed } },
      wait: { seconds, _ in
        self.state.withLock {
          $0.waits.append(seconds)
          $0.elapsed += seconds
        }
        onWait(seconds)
      })
  }
}

/// Asks a scripted server and returns what came of it.
struct Asked {
  let outcome: Result<ModelReply, ModelError>
  let requests: [ScriptedServer.Request]
  let waits: [Double]

  var reply: ModelReply? { try? outcome.get() }
  var error: ModelError? {
    if case .failure(let error) = outcome { return error }
    return nil
  }
}

let simpleRequest = ModelRequest(
  system: [ModelRequest.Block("You improve training scripts.", endsCachedPrefix: true)],
  messages: [ModelRequest.Message(.user, [ModelRequest.Block("Propose a change.")])])

let editTool = ToolDefinition(
  name: "edit", description: "Changes a file.",
  schema: #"{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}"#)

extension ModelRule {
  /// A rule for a server on loopback.
  static func scripted(_ api: API, _ url: String, _ change: (inout ModelRule) -> Void = { _ in }) -> Self {
    var rule = Self(api: api, model: "test-model", baseURL: url, maximumTokens: 1000)
    // Far beyond what loopback needs, however busy the machine.
    rule.idleSeconds = 300
    change(&rule)
    return rule
  }
}

/// Runs one request against a server with this script, on a thread of its own as the runtime does.
func ask(
  _ api: ModelRule.API, _ script: [[ScriptedServer.Step]], _ request: ModelRequest = simpleRequest,
  secret: Secret? = nil, rule change: (inout ModelRule) -> Void = { _ in }
) throws -> Asked {
  let server = try #require(ScriptedServer(script))
  defer { server.stop() }
  let clock = TestClock()
  let client = try ModelClient(rule: .scripted(api, server.url, change), secret: secret, environment: [:])
  let outcome: Result<ModelReply, ModelError>
  do throws(ModelError) {
    outcome = .success(try client.complete(request, seed: 1, clock: clock.clock()) { false })
  } catch { outcome = .failure(error) }
  return Asked(outcome: outcome, requests: server.requests, waits: clock.waits)
}

/// Returns the text of a stream of Anthropic's events, each named by its type.
func anthropicStream(_ events: [String]) -> String {
  events.map { event in
    let name = JSONValue(event)?["type"]?.string ?? "unknown"
    return "event: \(name)\ndata: \(event)\n\n"
  }.joined()
}

/// Returns the text of a stream of OpenAI's chunks.
func openAIStream(_ chunks: [String]) -> String { chunks.map { "data: \($0)\n\n" }.joined() }

/// A whole reply with a thought, a text and a call.
let anthropicEvents = [
  #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-test","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":400,"output_tokens":1}}}"#,
  #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
  #"{"type":"ping"}"#,
  #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me think."}}"#,
  #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQB"}}"#,
  #"{"type":"content_block_stop","index":0}"#,
  #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
  #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Ein größerer"}}"#,
  #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" Schritt 🐾"}}"#,
  #"{"type":"content_block_stop","index":1}"#,
  #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"edit","input":{}}}"#,
  #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#,
  #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"path\": \"tra"}}"#,
  #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"in.py\"}"}}"#,
  #"{"type":"content_block_stop","index":2}"#,
  #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}"#,
  #"{"type":"message_stop"}"#,
]

/// The same in the other format.
let openAIChunks = [
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"reasoning_content":"Let me think."},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"content":"Ein größerer"},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"content":" Schritt 🐾"},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"edit","arguments":""}}]},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"path\": \"tra"}}]},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"in.py\"}"}}]},"finish_reason":null}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}"#,
  #"{"id":"c1","object":"chat.completion.chunk","model":"gpt-test","choices":[],"usage":{"prompt_tokens":525,"completion_tokens":89,"total_tokens":614,"prompt_tokens_details":{"cached_tokens":400,"cache_write_tokens":100}}}"#,
  "[DONE]",
]

/// A script that answers one request with that whole reply.
func wholeReply(_ api: ModelRule.API) -> [ScriptedServer.Step] {
  ScriptedServer.stream(api == .anthropic ? anthropicStream(anthropicEvents) : openAIStream(openAIChunks))
}

/// Something that one thread says to another.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
