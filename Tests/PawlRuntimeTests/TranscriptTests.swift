import Foundation
import PawlCore
import PawlSandbox
import PawlTestSupport
import Testing

@testable import PawlRuntime

/// Fakes that print what the programs print, in their formats.
@Suite struct `The transcript` {
  private static let claude = """
    cat > got; printf '%s\\n' "$@" >> got; echo "sandbox $IS_SANDBOX" >> got; cp got lib/got.py; rm got
    cat <<'END'
    {"type":"system","subtype":"init","session_id":"a","tools":["Bash"],"model":"claude-sonnet-4-5","permissionMode":"bypassPermissions"}
    warning on standard error {"type":"assistant","message":{"id":"m0","content":"no list","usage":7}}
    {"type":"assistant","message":{"id":"m1","model":"claude-sonnet-4-5","content":[{"type":"text","text":"I shall look."},{"type":"tool_use","id":"t","name":"Read","input":{}}],"usage":{"input_tokens":3,"cache_creation_input_tokens":100,"cache_read_input_tokens":5,"output_tokens":1}},"session_id":"a"}
    {"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"lr = 1"}]}}
    {"type":"assistant","message":{"id":"m1","content":[],"usage":{"input_tokens":3,"cache_creation_input_tokens":100,"cache_read_input_tokens":5,"output_tokens":20}}}
    {"type":"assistant","message":{"id":"m2","content":[{"type":"text","text":"Raised it."}],"usage":{"input_tokens":4,"cache_read_input_tokens":105,"output_tokens":9}}}
    """

  @Test func `of Claude Code says what it cost, and its task comes on standard input`() throws {
    let script = """
      \(Self.claude)
      {"type":"result","subtype":"success","is_error":false,"duration_ms":9000,"num_turns":2,"result":"Raised the rate.","session_id":"a","total_cost_usd":0.0123,"usage":{"input_tokens":8,"cache_creation_input_tokens":100,"cache_read_input_tokens":110,"output_tokens":31,"service_tier":"standard"},"permission_denials":[]}
      END
      """
    let turn = try ProgramPlace().turn(.claude, script, spendLimit: 0.5) {
      $0.model = "sonnet"
      $0.spendLimit = 2
    }
    #expect(turn.reply.end == .finished && turn.reply.text == "Raised the rate." && turn.reply.cost == 0.0123)
    #expect(turn.reply.usage == TokenUsage(input: 8, output: 31, cacheRead: 110, cacheWrite: 100))
    #expect(turn.reply.model == "claude-sonnet-4-5")
    let got = """
      Make it better.-p
      --output-format
      stream-json
      --verbose
      --dangerously-skip-permissions
      --model
      sonnet
      --max-budget-usd
      0.500000
      sandbox 1

      """
    #expect(turn.reply.edits == [FileEdit(path: "lib/got.py", change: .content(got))])
  }

  @Test func `of Claude Code that was cut off counts what it used so far, and the assumed cost`() throws {
    let turn = try ProgramPlace().turn(.claude, "\(Self.claude)\nEND\nexit 1") { $0.assumedCost = 0.2 }
    #expect(turn.reply.usage == TokenUsage(input: 7, output: 29, cacheRead: 110, cacheWrite: 100))
    #expect(turn.reply.cost == 0.2 && turn.reply.text == "Raised it.")
    #expect(turn.reply.end.reason.hasPrefix("`claude` failed with code 1: "))
  }

  @Test(arguments: [
    (
      #"{"type":"result","subtype":"success","is_error":true,"result":"API Error: 529 overloaded","total_cost_usd":0.01}"#,
      AgentReply.End.broken(reason: "`claude` reports: API Error: 529 overloaded"), 0.01
    ),
    (
      #"{"type":"result","subtype":"error_during_execution","is_error":false,"errors":["it broke\nbadly"]}"#,
      .broken(reason: "`claude` reports: it broke"), 0.3
    ),
    (
      #"{"type":"result","subtype":"error_max_budget_usd","is_error":true,"total_cost_usd":0.6}"#,
      .broken(reason: "`claude` reports: it reached its spend limit"), 0.6
    ),
    (
      #"{"type":"result","subtype":"success","is_error":false,"stop_reason":"refusal","result":"no","total_cost_usd":0.02}"#,
      .refused(reason: "the model refused to answer"), 0.02
    ),
    (
      "<html>502 Bad Gateway</html>",
      .broken(reason: "`claude` changed nothing, and printed nothing that Pawl can read"), 0.3
    ),
    (
      #"{"type":"result","subtype":"success","is_error":true,"result":"cut in half: \ud83d","total_cost_usd":0.03}"#,
      .broken(reason: "`claude` reports: cut in half: \u{fffd}"), 0.03
    ),
    (#"{"type":"result","total_cost_usd":1e300,"usage":[],"is_error":"x","result":7}"#, .finished, 0.3),
    (#"{"type":"result","total_cost_usd":-5,"usage":{"input_tokens":1e300,"output_tokens":-4}}"#, .finished, 0.3),
    ("", .broken(reason: "`claude` changed nothing, and printed nothing that Pawl can read"), 0.3),
  ])
  func `of Claude Code may tell of a failure, or be garbage`(
    _ line: String, _ end: AgentReply.End, _ cost: Double
  ) throws {
    let turn = try ProgramPlace().turn(.claude, "cat <<'END'\n\(line)\nEND") { $0.assumedCost = 0.3 }
    #expect(turn.reply.end == end && turn.reply.cost == cost)
  }

  @Test func `of Claude Code that came to its own limit is cut, with the edits that it made`() throws {
    let limit = #"{"type":"result","subtype":"error_max_budget_usd","is_error":true,"total_cost_usd":0.6}"#
    let place = try ProgramPlace()
    let turn = try place.turn(.claude, "echo 'lr = 2' > train.py; echo '\(limit)'; exit 1")
    #expect(turn.reply.end == .truncated && turn.reply.cost == 0.6 && turn.reply.edits.map(\.path) == ["train.py"])
    // It went on after that.
    let failed = #"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["it broke"]}"#
    let later = try place.turn(.claude, "echo 'lr = 2' > train.py; echo '\(limit)'; echo '\(failed)'")
    #expect(later.reply.end == .broken(reason: "`claude` reports: it broke"))
  }

  @Test func `is no hypothesis, whatever it prints`() throws {
    let place = try ProgramPlace()
    let noise = #"echo '{"type":"init","session_id":"a"}'; echo 'Hypothesis: of another'"#
    func text(_ script: String) -> String { place.turn(.command("\(noise); \(script)")).reply.text }
    #expect(text("echo 'lr = 2' > train.py").hasPrefix("Hypothesis: changes `train.py`\n\n{"))
    #expect(
      text("for n in 1 2 3 4 5; do echo > lib/$n.py; done")
        .hasPrefix("Hypothesis: changes `lib/1.py`, `lib/2.py`, `lib/3.py` and 2 more\n\n{"))
    // Its last words are its own.
    #expect(
      text(#"echo 'lr = 2' > train.py; echo '{"type":"result","result":"Raised it."}'"#) == "Raised it.")
    #expect(text("echo 'lr = 2' > train.py; echo mine > $PAWL_HYPOTHESIS").hasPrefix("Hypothesis: mine\n\n{"))
  }

  @Test func `that shows more money than is allowed ends the program`() throws {
    let place = try ProgramPlace()
    let script = """
      echo '{"type":"result","subtype":"success","total_cost_usd":0.4}'; echo 'lr = 2' > train.py
      echo '{"type":"result","subtype":"success","total_cost_usd":0.75}'
      sleep 1000
      """
    let turn = try place.turn(.claude, script, spendLimit: 0.5)
    // Its edits were paid for.
    #expect(turn.reply.end == .truncated)
    let idle = try place.turn(
      .claude, #"echo '{"type":"result","subtype":"success","total_cost_usd":0.75}'; sleep 1000"#, spendLimit: 0.5)
    #expect(idle.reply.end == .broken(reason: "it cost $0.750, more than its limit of $0.500"))
    #expect(turn.reply.cost == 0.75 && turn.reply.seconds < 500 && turn.reply.edits.map(\.path) == ["train.py"])
    // One that has ended already has still spent it.
    let late = place.turn(.command(#"echo '{"type":"result","total_cost_usd":2}'"#), spendLimit: 1)
    #expect(
      late.reply.cost == 2
        && [.finished, .broken(reason: "it cost $2.00, more than its limit of $1.00")].contains(late.reply.end))
  }

  @Test func `of Codex counts tokens, and the key comes under its own name`() throws {
    let script = """
      [ "$CODEX_API_KEY" = sk-test-0123456 ] || exit 3
      [ "$*" = 'exec --json --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox --model gpt-5 -' ] || exit 4
      grep -q better || exit 5
      cat <<'END'
      {"type":"thread.started","thread_id":"0199a213"}
      {"type":"turn.started"}
      {"type":"error","message":"Reconnecting... 1/5"}
      {"type":"item.started","item":{"id":"item_1","type":"command_execution","command":"bash -lc ls","status":"in_progress"}}
      {"type":"item.completed","item":{"id":"item_3","type":"agent_message","text":"Raised the rate."}}
      {"type":"turn.completed","usage":{"input_tokens":24763,"cached_input_tokens":24448,"output_tokens":122}}
      END
      """
    let turn = try ProgramPlace().turn(.codex, script) {
      $0.model = "gpt-5"
      $0.environment.append("OPENAI_API_KEY=sk-test-0123456")
      $0.assumedCost = 0.1
    }
    #expect(turn.reply.end == .finished && turn.reply.text == "Raised the rate.")
    #expect(turn.reply.usage == TokenUsage(input: 315, output: 122, cacheRead: 24448))
    #expect(turn.reply.cost == 0.1 && turn.reply.model == "gpt-5")
  }

  @Test func `of Codex tells of a failed turn and of a refusal`() throws {
    let place = try ProgramPlace()
    let failed = #"echo '{"type":"turn.failed","error":{"message":"stream disconnected"}}'; exit 1"#
    #expect(
      try place.turn(.codex, failed).reply.end == .broken(reason: "`codex` failed with code 1: stream disconnected"))
    let refused = #"echo '{"type":"turn.failed","error":{"message":"flagged: usage policy"}}'; exit 1"#
    #expect(try place.turn(.codex, refused).reply.end == .refused(reason: "flagged: usage policy"))
  }

  @Test func `of Gemini CLI comes in pieces`() throws {
    let script = """
      [ "$GEMINI_CLI_TRUST_WORKSPACE" = true ] && grep -q better || exit 3
      cat <<'END'
      YOLO mode is enabled. All tool calls will be automatically approved.
      {"type":"init","timestamp":"2026-01-01T00:00:00.000Z","session_id":"a","model":"gemini-2.5-pro"}
      {"type":"message","role":"user","content":"Do the task above."}
      {"type":"message","role":"assistant","content":"Looking","delta":true}
      {"type":"tool_use","tool_name":"read_file","tool_id":"t","parameters":{}}
      {"type":"tool_result","tool_id":"t","status":"success","output":"lr = 1"}
      {"type":"error","severity":"warning","message":"Loop detected"}
      {"type":"message","role":"assistant","content":"Raised ","delta":true}
      {"type":"message","role":"assistant","content":"it.","delta":true}
      {"type":"result","status":"success","stats":{"total_tokens":1200,"input_tokens":1000,"output_tokens":200,"cached":400,"input":600,"duration_ms":10,"tool_calls":1,"models":{}}}
      END
      """
    let place = try ProgramPlace()
    let turn = try place.turn(.gemini, script)
    #expect(turn.reply.end == .finished && turn.reply.text == "Raised it." && turn.reply.model == "gemini-2.5-pro")
    #expect(turn.reply.usage == TokenUsage(input: 600, output: 200, cacheRead: 400))
    let failed = """
      echo '{"type":"result","status":"error","error":{"type":"FatalAuthenticationError","message":"no key"}}'; exit 41
      """
    #expect(try place.turn(.gemini, failed).reply.end == .broken(reason: "`gemini` failed with code 41: no key"))
    let refused = """
      echo '{"type":"result","status":"error","error":{"type":"Error","message":"blocked: PROHIBITED_CONTENT"}}'
      """
    #expect(try place.turn(.gemini, refused).reply.end == .refused(reason: "blocked: PROHIBITED_CONTENT"))
  }

  @Test func `of aider has a line on money, and it gets the editable files`() throws {
    let script = """
      for word; do case "$word" in --file=*) echo "${word#--file=}";; esac; done
      case "$2" in */.pawl/task.md) grep -q better "$2";; *) false;; esac || exit 3
      cat <<'END'
      Aider v0.86.1
      Main model: anthropic/claude-sonnet with diff edit format, infinite output
      litellm.RateLimitError: slow down
      Tokens: 2.3k sent, 1.1k cache write, 200 cache hit, 300 received.
      Cost: $0.0042 message, $0.0042 session.
      Applied edit to train.py
      Tokens: 12k sent, 1.5k received. Cost: $0.03 message, $0.0342 session.
      END
      """
    let place = try ProgramPlace()
    let turn = try place.turn(.aider, script)
    #expect(turn.reply.end == .finished && turn.reply.cost == 0.0342 && turn.reply.model == "anthropic/claude-sonnet")
    #expect(turn.reply.usage == TokenUsage(input: 13_000, output: 1_800, cacheRead: 200, cacheWrite: 1_100))
    #expect(turn.reply.text.hasPrefix("lib/a.py\ntrain.py\nAider v0.86.1\n"))
    let failed = "echo 'litellm.AuthenticationError: AnthropicException - no key'"
    #expect(
      try place.turn(.aider, failed).reply.end
        == .broken(reason: "`aider` reports: litellm.AuthenticationError: AnthropicException - no key"))
  }
}
