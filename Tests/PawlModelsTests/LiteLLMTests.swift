import PawlCore
import PawlTestSupport
import Testing

@testable import PawlModels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Against LiteLLM's proxy, which speaks both formats and which we did not write.
///
/// `PAWL_LITELLM` names the program (`pip install 'litellm[proxy]'` in an environment of its own). It answers by itself where it can, and
/// translates between the formats where a scripted server behind it speaks the other one.
@Suite(.enabled(if: LiteLLM.program != nil, "set PAWL_LITELLM to the `litellm` program to run these"))
struct LiteLLMTests {
  @Test func `both formats, tools, errors and retries work against LiteLLM`() throws {
    let openAI = try #require(ScriptedServer([wholeReply(.openai)]))
    let anthropic = try #require(ScriptedServer([wholeReply(.anthropic)]))
    defer {
      openAI.stop()
      anthropic.stop()
    }
    let proxy = try #require(LiteLLM(openAI: openAI.url, anthropic: anthropic.url))
    defer { proxy.stop() }
    let request = ModelRequest(system: simpleRequest.system, messages: simpleRequest.messages, tools: [editTool])

    // What it makes up itself; in Anthropic's format that comes whole, although a stream was asked for.
    for api in ModelRule.API.allCases {
      let reply = try proxy.complete(api, "mock", request)
      #expect(reply.text == ReplyTests.expected, "\(api)")
      #expect(reply.end == .finished)
      #expect(!reply.usageIsEstimated)
      #expect(reply.usage.input > 0 && reply.usage.output > 0)
    }

    // Each format before and behind it: our reading of what it writes, and its reading of what our scripted servers write.
    for api in ModelRule.API.allCases {
      for model in ["behind-openai", "behind-anthropic"] {
        let reply = try proxy.complete(api, model, request)
        #expect(reply.text.hasPrefix(ReplyTests.expected), "\(api) \(model)")
        #expect(reply.calls.map(\.name) == ["edit"], "\(api) \(model)")
        #expect(reply.calls.first.flatMap { JSONValue($0.arguments)?["path"]?.string } == "train.py", "\(api) \(model)")
        #expect(reply.end == .finished)
        #expect(reply.usage.output == 89, "\(api) \(model)")
        #expect(reply.usage.cacheRead == 400, "\(api) \(model)")
        #expect(reply.concessions.isEmpty)
      }
    }

    // Errors in its words.
    for api in ModelRule.API.allCases {
      let busy = #expect(throws: ModelError.self) { try proxy.complete(api, "busy", request) }
      #expect(busy?.code == .busy)
      #expect(busy?.tries == 2)
      let unknown = #expect(throws: ModelError.self) { try proxy.complete(api, "no-such-model", request) }
      #expect(unknown?.isPassing == false)
      let stranger = #expect(throws: ModelError.self) {
        try proxy.complete(api, "mock", request, key: Secret("sk-somebody-else-0123"))
      }
      #expect(stranger?.isPassing == false)
      #expect(stranger?.message.contains("sk-somebody-else-0123") == false)
    }
  }
}

/// LiteLLM's proxy on a port of its own.
private final class LiteLLM {
  static var program: String? { getenv("PAWL_LITELLM").map { String(cString: $0) } }
  private static let key = "sk-litellm-0123456789"
  private let process: RunningProgram
  private let folder: String
  private let url: String

  init?(openAI: String, anthropic: String) {
    var template = Array("/tmp/pawl-litellm.XXXXXX".utf8CString)
    guard let program = Self.program, mkdtemp(&template) != nil else { return nil }
    folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    let configuration = """
      model_list:
        - model_name: mock
          litellm_params: {model: openai/gpt-4o, api_key: none, mock_response: "\(ReplyTests.expected)"}
        - model_name: busy
          litellm_params: {model: openai/gpt-4o, api_key: none, mock_response: "litellm.RateLimitError"}
        - model_name: behind-openai
          litellm_params: {model: hosted_vllm/test, api_key: none, api_base: "\(openAI)/v1"}
        - model_name: behind-anthropic
          litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: none, api_base: "\(anthropic)"}
      general_settings: {master_key: \(Self.key)}
      litellm_settings: {num_retries: 0}

      """
    let path = "\(folder)/config.yaml"
    guard let file = fopen(path, "we") else { return nil }
    fputs(configuration, file)
    fclose(file)
    let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(folder)", "LANG=C.UTF-8", "PYTHONUNBUFFERED=1"]
    guard
      let process = RunningProgram(
        program, ["--config", path, "--host", "127.0.0.1", "--port", "0"], environment: environment, directory: folder,
        captureIn: "\(folder)/log")
    else { return nil }
    self.process = process
    // It says which port it was given.
    let mark = "running on http://127.0.0.1:"
    var port: Substring?
    _ = eventually(seconds: 300) {
      for text in [process.messages, process.output] {
        let lines = text.split(separator: "\n")
        guard let line = lines.first(where: { $0.contains(mark) }), let start = line.lastRange(of: mark) else {
          continue
        }
        port = line[start...].prefix { $0.isNumber }
      }
      return port != nil || process.hasEnded
    }
    guard let port else { return nil }
    url = "http://127.0.0.1:\(port)"
  }

  func stop() {
    process.kill(SIGKILL)
    _ = process.wait(seconds: 60)
    // It makes files of its own in its home.
    _ = RunningProgram("/bin/rm", ["-rf", folder], environment: [], directory: "/tmp", captureIn: "\(folder)-rm")?
      .wait()
  }

  func complete(
    _ api: ModelRule.API, _ model: String, _ request: ModelRequest, key: Secret = Secret(LiteLLM.key)
  ) throws -> ModelReply {
    var rule = ModelRule.scripted(api, api == .anthropic ? url : "\(url)/v1") { $0.retries = 1 }
    rule.model = model
    let client = try ModelClient(rule: rule, secret: key, environment: [:])
    return try client.complete(request, seed: 1, clock: TestClock().clock()) { false }
  }
}

extension Substring {
  /// Returns where what follows the text begins.
  fileprivate func lastRange(of text: String) -> Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      formIndex(after: &start)
    }
    return nil
  }
}
