import PawlCore

extension StudyReader {
  static let modelKeys = [
    "name", "api", "model", "base_url", "key", "key_file", "max_tokens", "thinking", "temperature", "context", "tools",
    "price", "max_spend", "parallel", "idle", "total", "retries", "proxy", "certificates",
  ]
  private static let programKeys = [
    "name", "program", "command", "model", "network", "environment", "read", "wall", "spend_limit", "assumed_cost",
    "context", "max_spend", "parallel",
  ]
  private static let priceKeys = ["input", "output", "cache_read", "cache_write"]
  private static let programs: [(name: String, program: ProgramRule.Program)] = [
    ("claude", .claude), ("codex", .codex), ("gemini", .gemini), ("aider", .aider),
  ]
  private static let agentHint =
    "an agent is `knobs`, or a map: `{api: anthropic, model: …}`, `{program: claude}` or `{command: …}`"

  /// Returns who proposes; `knobs` alone where nothing is said.
  mutating func agents(in file: Section) -> [AgentRule] {
    guard let node = file.values["agents"] else { return [.knobs] }
    guard case .sequence(let items) = node.content else {
      reader.report(
        .wrongType, at: node, "`agents` must be a list, not \(node.kind)",
        hint: node.text.map { "write `agents: [\($0.shown())]`" } ?? Self.agentHint)
      return []
    }
    if items.isEmpty { reader.report(.badValue, at: node, "`agents` is empty: nobody would propose anything") }
    var rules: [AgentRule] = []
    for item in items {
      guard let rule = agent(item) else { continue }
      if rules.contains(where: { $0.name == rule.name }) {
        reader.report(
          .badValue, at: item, "agent `\(rule.name.shown())` is listed twice", hint: "give one of them another `name`")
      }
      rules.append(rule)
    }
    return rules
  }

  private mutating func agent(_ node: YAMLNode) -> AgentRule? {
    if let text = node.text {
      if text == AgentRule.knobs.name { return .knobs }
      reader.report(
        .badValue, at: node, "unknown agent `\(text.shown())`",
        hint: nearest(text, in: [AgentRule.knobs.name]).map { "did you mean `\($0)`?" } ?? Self.agentHint)
      return nil
    }
    guard case .mapping(let pairs) = node.content else {
      reader.report(.wrongType, at: node, "an agent cannot be \(node.kind)", hint: Self.agentHint)
      return nil
    }
    let keys = Set(pairs.compactMap(\.key.text))
    let kinds = ["api", "program", "command"].filter { keys.contains($0) }
    guard kinds.count == 1 else {
      reader.report(
        .missingKey, at: node,
        kinds.isEmpty
          ? "the agent has neither `api` nor `program` nor `command`"
          : "the agent has both `\(kinds[0])` and `\(kinds[1])`", hint: Self.agentHint)
      return nil
    }
    let isModel = kinds[0] == "api"
    let section = reader.map(node, "agents", keys: isModel ? Self.modelKeys : Self.programKeys)
    let kind: AgentRule.Kind? = isModel ? model(section).map { .model($0) } : program(section).map { .program($0) }
    let fallback: String? =
      switch kind {
      case .model(let rule): Self.name(from: rule.model)
      case .program: section.values["program"]?.text ?? "command"
      case .knobs, .generations, nil: nil
      }
    guard let kind, let name = agentName(section) ?? fallback else { return nil }
    return AgentRule(
      name: name, kind: kind, maximumSpend: money("max_spend", of: section),
      parallel: reader.integer("parallel", of: section, 1...1024) ?? (isModel ? 16 : 2))
  }

  private mutating func agentName(_ section: Section) -> String? {
    guard let text = reader.text("name", of: section), let node = section.values["name"] else { return nil }
    let isReserved = [AgentRule.knobs.name, Reversal.agent, "you"].contains(text)
    if StudyName(rawValue: text) == nil || isReserved {
      reader.report(
        .badValue, at: node,
        isReserved ? "no agent can be called `\(text)`: Pawl calls its own so" : "`\(text.shown())` is no agent's name",
        hint: "a letter or digit, then letters, digits, `.`, `_`, `-`, at most 64")
    }
    return text
  }

  /// `anthropic/claude-x:free` becomes `anthropic-claude-x-free`.
  private static func name(from model: String) -> String {
    let name = String(
      model.unicodeScalars.prefix(64).map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == ".")
          ? Character(scalar) : "-"
      })
    return StudyName(rawValue: name)?.rawValue ?? "model"
  }

  // MARK: models

  mutating func model(_ section: Section) -> ModelRule? {
    let api = reader.choice("api", of: section, ModelRule.API.allCases)
    let model = reader.text("model", of: section)
    if section.values["model"] == nil {
      reader.report(
        .missingKey, at: section.node, "the agent has no `model`",
        hint: "write the provider's name of it, as in `model: gpt-5`")
    }
    let base = baseURL(section)
    guard let api, let model else { return nil }
    var rule = ModelRule(api: api, model: model, baseURL: base)
    rule.key = key(section, api: api, hasBase: base != nil)
    rule.maximumTokens = reader.integer("max_tokens", of: section, 256...1_000_000) ?? rule.maximumTokens
    rule.thinkingTokens = reader.count("thinking", of: section, 1024...1_000_000)?.value
    if let thinking = rule.thinkingTokens, thinking >= rule.maximumTokens, let node = section.values["thinking"] {
      reader.report(
        .badValue, at: node, "`thinking` must be less than `max_tokens`, \(rule.maximumTokens)",
        hint: "what it thinks counts as a part of the reply")
    }
    rule.contextTokens = reader.integer("context", of: section, 2000...2_000_000) ?? rule.contextTokens
    rule.usesTools = reader.boolean("tools", of: section) ?? rule.usesTools
    rule.retries = reader.integer("retries", of: section, 0...100) ?? rule.retries
    if let node = section.values["temperature"], let value = reader.number(node, section.path("temperature")) {
      rule.temperature = value
      if !(0...2).contains(value) {
        reader.report(.badValue, at: node, "`temperature` must be from 0 to 2, not \(node.kind)")
      }
    }
    rule.price = price(section, api: api)
    rule.idleSeconds = seconds("idle", of: section) ?? rule.idleSeconds
    rule.totalSeconds = seconds("total", of: section) ?? rule.totalSeconds
    rule.proxy = proxy(section)
    rule.certificates = reader.text("certificates", of: section)
    return rule
  }

  private mutating func baseURL(_ section: Section) -> String? {
    guard let text = reader.text("base_url", of: section), let node = section.values["base_url"] else { return nil }
    guard text.hasPrefix("https://") || text.hasPrefix("http://"), !text.contains(where: \.isWhitespace),
      !text.contains("@")
    else {
      reader.report(
        .badValue, at: node, "`base_url` is no address of a server",
        hint: "write it like `http://localhost:11434/v1`; a key belongs into `key`")
      return nil
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  private mutating func proxy(_ section: Section) -> String? {
    guard let text = reader.text("proxy", of: section), let node = section.values["proxy"] else { return nil }
    if text.contains("@") {
      reader.report(
        .badValue, at: node, "`proxy` has a login written out: pawl.yaml and the journal would keep it",
        hint: "leave `proxy` out, and set `https_proxy` where `pawl run` is started")
    }
    return text
  }

  /// What names a key, never a key itself: pawl.yaml is committed, and shown.
  private mutating func key(_ section: Section, api: ModelRule.API, hasBase: Bool) -> ModelRule.KeySource {
    if let file = reader.text("key_file", of: section) {
      if let node = section.values["key"] {
        reader.report(.overlap, at: node, "`key` and `key_file` both say where the key is", hint: "keep one of them")
      }
      return .file(file)
    }
    let standard = api == .anthropic ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY"
    guard let text = reader.text("key", of: section), let node = section.values["key"] else {
      return api == .openai && hasBase ? .none : .environment(standard)
    }
    if text == "none" { return .none }
    let isName =
      text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || $0 == 0x5f }
      && text.first?.isNumber == false
    guard isName else {
      reader.report(
        .badValue, at: node, "`key` must be the name of a variable, in capitals, not the key itself",
        hint: "write `key: \(standard)` and set that variable where `pawl run` is started, or use `key_file`")
      return .none
    }
    return .environment(text)
  }

  /// Reads prices; those of a cache that are left out are as the provider counts them.
  ///
  /// Anthropic asks 1.25 times the input's price for writing its cache (for five minutes) and a tenth for reading it
  /// (platform.claude.com, "Pricing", prompt caching).
  private mutating func price(_ section: Section, api: ModelRule.API) -> TokenPrice? {
    guard let node = section.values["price"] else { return nil }
    let prices = reader.map(node, "price", keys: Self.priceKeys)
    guard let input = money("input", of: prices), let output = money("output", of: prices) else {
      if prices.values["input"] == nil || prices.values["output"] == nil {
        reader.report(
          .missingKey, at: node, "`price` needs `input` and `output`, in US dollars for a million tokens",
          hint: "write `price: {input: 3, output: 15}`")
      }
      return nil
    }
    let (read, write) = api == .anthropic ? (input / 10, input * 1.25) : (input, input)
    return TokenPrice(
      input: input, output: output, cacheRead: money("cache_read", of: prices) ?? read,
      cacheWrite: money("cache_write", of: prices) ?? write)
  }

  mutating func money(_ key: String, of section: Section) -> Double? {
    guard let node = section.values[key], node.plain != "none", let value = reader.number(node, section.path(key))
    else { return nil }
    guard value >= 0, value <= 1e9 else {
      reader.report(.badValue, at: node, "`\(key)` must be from 0 to 1e9 US dollars, not \(node.kind)")
      return nil
    }
    return value
  }

  private mutating func seconds(_ key: String, of section: Section) -> Double? {
    guard let limit = reader.quantity(key, of: section, as: Quantity.seconds, example: "2min") else { return nil }
    guard let value = limit.value, value > 0, value <= 86_400 else {
      if let node = section.values[key] {
        reader.report(.badValue, at: node, "`\(key)` must be above 0 and at most a day")
      }
      return nil
    }
    return value
  }

  // MARK: programs

  private mutating func program(_ section: Section) -> ProgramRule? {
    var program: ProgramRule.Program?
    if let text = reader.text("program", of: section), let node = section.values["program"] {
      program = Self.programs.first { $0.name == text }?.program
      if program == nil {
        let names = Self.programs.map(\.name)
        reader.report(
          .badValue, at: node, "unknown program `\(text.shown())`",
          hint: nearest(text, in: names).map { "did you mean `\($0)`?" }
            ?? "known are \(names.map { "`\($0)`" }.joined(separator: ", ")); any other goes under `command`")
      }
    } else if let text = reader.text("command", of: section) {
      program = .command(text)
    }
    guard let program else { return nil }
    var rule = ProgramRule(program: program)
    rule.model = reader.text("model", of: section)
    rule.network = reader.boolean("network", of: section) ?? rule.network
    rule.environment = environment(section, "agents.environment")
    for (text, node) in reader.texts("read", of: section) ?? [] {
      rule.readable.append(text)
      if let flaw = PathCheck.flaw(ofReadable: text) {
        reader.report(.badValue, at: node, "`\(text.shown())` in `read` \(flaw)")
      }
    }
    rule.wallSeconds = seconds("wall", of: section) ?? rule.wallSeconds
    rule.spendLimit = money("spend_limit", of: section)
    rule.assumedCost = money("assumed_cost", of: section) ?? rule.assumedCost
    rule.contextTokens = reader.integer("context", of: section, 2000...2_000_000) ?? rule.contextTokens
    return rule
  }
}
