/// Who proposes, as `agents` in pawl.yaml describes it.
public struct AgentRule: Sendable, Codable, Hashable {
  public enum Kind: Sendable, Codable, Hashable {
    /// Tunes the constants of the editable files; built in.
    case knobs
    /// Makes training data out of the model's own outputs; built in, and the only one of a generations study.
    case generations
    case model(ModelRule)
    case program(ProgramRule)
  }
  /// Unique in a study: a letter, then letters, digits, `.`, `_` and `-`.
  public var name: String
  public var kind: Kind
  /// US dollars that this agent may cost over the study's life; nil for no bound of its own.
  public var maximumSpend: Double?
  /// Proposals that it is asked for at the same time, at most.
  public var parallel: Int
  public init(name: String, kind: Kind, maximumSpend: Double? = nil, parallel: Int = 16) {
    self.name = name
    self.kind = kind
    self.maximumSpend = maximumSpend
    self.parallel = parallel
  }

  /// Reads what any version stored: at first an agent was a name, and `knobs` the only one.
  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      self.init(name: name, kind: .knobs)
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try values.decode(String.self, forKey: .name), kind: try values.decode(Kind.self, forKey: .kind),
      maximumSpend: try values.decodeIfPresent(Double.self, forKey: .maximumSpend),
      parallel: try values.decode(Int.self, forKey: .parallel))
  }

  public static let knobs = Self(name: "knobs", kind: .knobs)
  /// One generation at a time: each is made by the newest head.
  public static let generations = Self(name: "generations", kind: .generations, parallel: 1)
}

/// A language model behind an HTTP API.
public struct ModelRule: Sendable, Codable, Hashable {
  public enum API: String, Sendable, Codable, Hashable, CaseIterable {
    /// Anthropic Messages.
    case anthropic
    /// OpenAI chat completions, and whatever speaks them: Ollama, vLLM, llama.cpp, OpenRouter, LiteLLM.
    case openai
  }
  /// Where the key is; the key itself is never a part of the study.
  public enum KeySource: Sendable, Codable, Hashable {
    case environment(String)
    case file(String)
    case none
  }
  public var api: API
  /// The provider's name of the model.
  public var model: String
  /// Without a trailing slash; what follows is `/v1/messages` or `/chat/completions`. Nil for the provider's own.
  public var baseURL: String?
  public var key: KeySource
  /// The most tokens of one reply, thinking included.
  public var maximumTokens: Int
  /// Tokens of these that may go into extended thinking; nil for none asked for.
  public var thinkingTokens: Int?
  public var temperature: Double?
  /// Tokens of what the model is told, by estimate.
  public var contextTokens: Int
  /// Whether edits are asked for as tool calls; otherwise as text.
  public var usesTools: Bool
  /// Nil where it is not known: replies are then counted as free, which no bound on money goes with.
  public var price: TokenPrice?
  /// Seconds without a byte after which a reply is given up, and seconds for the whole of it.
  public var idleSeconds: Double
  public var totalSeconds: Double
  /// Tries beyond the first, where the server says that it is busy or does not answer.
  public var retries: Int
  /// A URL; nil for what `https_proxy` and its like say.
  public var proxy: String?
  /// A file of PEM certificates to trust instead of the system's.
  public var certificates: String?
  public init(
    api: API, model: String, baseURL: String? = nil, key: KeySource = .none, maximumTokens: Int = 16_384,
    thinkingTokens: Int? = nil, temperature: Double? = nil, contextTokens: Int = 48_000, usesTools: Bool = true,
    price: TokenPrice? = nil, idleSeconds: Double = 120, totalSeconds: Double = 900, retries: Int = 6,
    proxy: String? = nil, certificates: String? = nil
  ) {
    self.api = api
    self.model = model
    self.baseURL = baseURL
    self.key = key
    self.maximumTokens = maximumTokens
    self.thinkingTokens = thinkingTokens
    self.temperature = temperature
    self.contextTokens = contextTokens
    self.usesTools = usesTools
    self.price = price
    self.idleSeconds = idleSeconds
    self.totalSeconds = totalSeconds
    self.retries = retries
    self.proxy = proxy
    self.certificates = certificates
  }
}

/// US dollars for a million tokens.
public struct TokenPrice: Sendable, Codable, Hashable {
  /// Of input that no cache held.
  public var input: Double
  public var output: Double
  public var cacheRead: Double
  public var cacheWrite: Double
  public init(input: Double, output: Double, cacheRead: Double, cacheWrite: Double) {
    self.input = input
    self.output = output
    self.cacheRead = cacheRead
    self.cacheWrite = cacheWrite
  }

  /// Returns US dollars.
  public func cost(of usage: TokenUsage) -> Double {
    (Double(usage.input) * input + Double(usage.output) * output + Double(usage.cacheRead) * cacheRead
      + Double(usage.cacheWrite) * cacheWrite) / 1_000_000
  }
}

/// Tokens that one reply took; the four do not overlap.
public struct TokenUsage: Sendable, Codable, Hashable {
  public var input: Int
  /// Thinking included.
  public var output: Int
  public var cacheRead: Int
  public var cacheWrite: Int
  public init(input: Int = 0, output: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0) {
    self.input = input
    self.output = output
    self.cacheRead = cacheRead
    self.cacheWrite = cacheWrite
  }
}

/// A coding program that works in a copy of the candidate, in the sandbox; what it changed is the proposal.
public struct ProgramRule: Sendable, Codable, Hashable {
  public enum Program: Sendable, Codable, Hashable {
    case claude, codex, gemini, aider
    /// Any other, by `sh -c`; `PAWL_PROMPT` names the file with its task.
    case command(String)
  }
  public var program: Program
  /// Passed on where the program takes one.
  public var model: String?
  /// Whether it may reach the network, which every hosted model needs.
  public var network: Bool
  /// As `sandbox.environment`: the names of keys that it needs, say.
  public var environment: [String]
  /// As `sandbox.read`: where the program is installed, its settings.
  public var readable: [String]
  public var wallSeconds: Double
  /// US dollars of one turn after which it is ended, where it says what it costs.
  public var spendLimit: Double?
  /// Counted for a turn of a program that does not say what it cost.
  public var assumedCost: Double
  /// Tokens of its task, by estimate.
  public var contextTokens: Int
  public init(
    program: Program, model: String? = nil, network: Bool = false, environment: [String] = [], readable: [String] = [],
    wallSeconds: Double = 900, spendLimit: Double? = nil, assumedCost: Double = 0, contextTokens: Int = 24_000
  ) {
    self.program = program
    self.model = model
    self.network = network
    self.environment = environment
    self.readable = readable
    self.wallSeconds = wallSeconds
    self.spendLimit = spendLimit
    self.assumedCost = assumedCost
    self.contextTokens = contextTokens
  }
}

/// What an agent answered, journaled before it is used: it may have been paid for.
public struct AgentReply: Sendable, Codable, Hashable {
  public enum End: Sendable, Codable, Hashable {
    case finished
    /// It ran into a limit: of its tokens; for a program that has made edits, of its money or time.
    case truncated
    /// The model would not answer; the reason is a lowercase fragment.
    case refused(reason: String)
    /// What came is no whole answer: a cut connection, a malformed stream, a program that failed. A lowercase fragment.
    case broken(reason: String)
  }
  public let trial: TrialID
  /// Counts the replies to one request from 1.
  public let number: Int
  public let agent: String
  /// The name that the server gave, where it gave one.
  public let model: String?
  public let text: String
  public let calls: [ToolCall]
  /// What a coding program changed; empty for a model.
  public let edits: [FileEdit]
  /// What it touched besides and may not, each a lowercase fragment that names the path.
  public let refusals: [String]
  public let usage: TokenUsage
  /// US dollars.
  public let cost: Double
  public let seconds: Double
  public let end: End
  public init(
    trial: TrialID, number: Int, agent: String, model: String? = nil, text: String, calls: [ToolCall] = [],
    edits: [FileEdit] = [], refusals: [String] = [], usage: TokenUsage = TokenUsage(), cost: Double = 0,
    seconds: Double = 0,
    end: End = .finished
  ) {
    self.trial = trial
    self.number = number
    self.agent = agent
    self.model = model
    self.text = text
    self.calls = calls
    self.edits = edits
    self.refusals = refusals
    self.usage = usage
    self.cost = cost
    self.seconds = seconds
    self.end = end
  }
}

extension AgentReply {
  /// Whether what came is no whole answer.
  public var isBroken: Bool {
    if case .broken = end { return true }
    return false
  }
}

/// A tool that a model wants to use.
public struct ToolCall: Sendable, Codable, Hashable {
  public let id: String
  public let name: String
  /// A JSON object as the model wrote it; may be no JSON at all.
  public let arguments: String
  public init(id: String, name: String, arguments: String) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// A tool that a model may use.
public struct ToolDefinition: Sendable, Hashable {
  public let name: String
  public let description: String
  /// A JSON Schema object, as text.
  public let schema: String
  public init(name: String, description: String, schema: String) {
    self.name = name
    self.description = description
    self.schema = schema
  }
}

/// A text that must never be shown or stored: a key.
///
/// Its description is a mask, it cannot be encoded, and `redacting(_:)` masks it in texts of others.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// For the one place that sends it.
  package let value: String
  public init(_ value: String) { self.value = value }
  public var description: String { Secret.mask }
  public var debugDescription: String { Secret.mask }
  public var customMirror: Mirror { Mirror(self, children: []) }
  public static let mask = "[redacted]"

  /// Returns the text with every occurrence of the secret masked; secrets of fewer than 8 characters are not looked for.
  public func redacting(_ text: String) -> String {
    let needle = Array(value.utf8)
    guard needle.count >= 8 else { return text }
    let bytes = Array(text.utf8)
    guard bytes.count >= needle.count else { return text }
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == needle[0], index + needle.count <= bytes.count,
        bytes[index..<index + needle.count].elementsEqual(needle)
      {
        out += Array(Secret.mask.utf8)
        index += needle.count
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// A word that agents are told until it is done with: a person's, to be followed, or an agent's, to be weighed.
public struct Hint: Sendable, Codable, Hashable {
  /// From 1.
  public let number: Int
  public let text: String
  public let by: String
  /// Whether it has a person's authority; an agent's word may have come out of anything that the agent read.
  public let isByPerson: Bool
  public init(number: Int, text: String, by: String, isByPerson: Bool = true) {
    self.number = number
    self.text = text
    self.by = by
    self.isByPerson = isByPerson
  }

  /// Reads what any version stored: at first every hint was taken for a person's.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      number: try values.decode(Int.self, forKey: .number), text: try values.decode(String.self, forKey: .text),
      by: try values.decode(String.self, forKey: .by),
      isByPerson: try values.decodeIfPresent(Bool.self, forKey: .isByPerson) ?? true)
  }
}
