import PawlCore

extension StudyWriter {
  /// Writes who proposes, from where, and what checks it first.
  mutating func agents(_ configuration: StudyConfiguration) {
    line("# Who proposes: `knobs` tunes constants and costs nothing; models and coding programs change code.")
    if configuration.agents == [.knobs] {
      line("# agents:")
      line("#   - knobs")
      line("#   - {api: anthropic, model: claude-sonnet-4-5, max_spend: 10}  # its key: ANTHROPIC_API_KEY")
      line(
        "#   - {api: openai, model: qwen3-coder, base_url: 'http://localhost:11434/v1'}  # Ollama, vLLM, llama.cpp, …")
      line("#   - {program: claude, network: true}  # or codex, gemini, aider; any other under `command`")
    } else {
      line("agents:")
      for rule in configuration.agents { line("  - \(Self.agent(rule))") }
    }
    let search = configuration.search
    let names = search.strategies.map(\.rawValue).joined(separator: ", ")
    if search == SearchRule() {
      line("# search: {strategies: [line, tree, islands]}  # where they start from; [line] is from the head")
    } else {
      line("search:")
      line("  strategies: [\(names)]")
      let standard = SearchRule()
      key("islands", "\(search.islands)", isDefault: search.islands == standard.islands, indent: true, "")
      key(
        "migration", "\(search.migration)", isDefault: search.migration == standard.migration, indent: true,
        "trials between two migrations")
      key(
        "exploration", Quantity.number(search.exploration), isDefault: search.exploration == standard.exploration,
        indent: true, "weight of the unknown in the tree")
      key(
        "floor", Quantity.number(search.floor), isDefault: search.floor == standard.floor, indent: true,
        "least share of trials of each agent under each strategy")
      key(
        "compute_price", Quantity.number(search.computePrice), isDefault: search.computePrice == standard.computePrice,
        indent: true, "US dollars that an hour of an attempt is worth")
      key(
        "patience", "\(search.patience)", isDefault: search.patience == standard.patience, indent: true,
        "trials without a new head after which the search widens")
    }
    key(
      "check", Self.scalar(configuration.check ?? "python3 -m py_compile train.py"),
      isDefault: configuration.check == nil,
      "run before a candidate costs an attempt; agents get one chance to mend what it finds")
  }

  /// Returns an agent as a map in one line; what is at its default is left out.
  private static func agent(_ rule: AgentRule) -> String {
    var entries: [String]
    let parallel: Int
    switch rule.kind {
    case .knobs, .generations: return rule.name
    case .model(let model):
      entries = entriesOf(model)
      parallel = 16
    case .program(let program):
      entries = entriesOf(program)
      parallel = 2
    }
    entries.insert("name: \(scalar(rule.name))", at: 0)
    if let money = rule.maximumSpend { entries.append("max_spend: \(Quantity.number(money))") }
    if rule.parallel != parallel { entries.append("parallel: \(rule.parallel)") }
    return "{\(entries.joined(separator: ", "))}"
  }

  static func entriesOf(_ rule: ModelRule) -> [String] {
    let standard = ModelRule(api: rule.api, model: rule.model)
    var entries = ["api: \(rule.api.rawValue)", "model: \(scalar(rule.model, alwaysQuoted: true))"]
    if let base = rule.baseURL { entries.append("base_url: \(scalar(base, alwaysQuoted: true))") }
    switch rule.key {
    case .environment(let name): entries.append("key: \(name)")
    case .file(let path): entries.append("key_file: \(scalar(path, alwaysQuoted: true))")
    case .none: entries.append("key: none")
    }
    func add<Value: Equatable>(_ key: String, _ path: KeyPath<ModelRule, Value>, _ text: (Value) -> String) {
      if rule[keyPath: path] != standard[keyPath: path] { entries.append("\(key): \(text(rule[keyPath: path]))") }
    }
    add("max_tokens", \.maximumTokens) { "\($0)" }
    add("thinking", \.thinkingTokens) { $0.map { "\($0)" } ?? "none" }
    add("temperature", \.temperature) { Quantity.number($0 ?? 0) }
    add("context", \.contextTokens) { "\($0)" }
    add("tools", \.usesTools) { "\($0)" }
    if let price = rule.price {
      let cache = "cache_read: \(Quantity.number(price.cacheRead)), cache_write: \(Quantity.number(price.cacheWrite))"
      entries.append(
        "price: {input: \(Quantity.number(price.input)), output: \(Quantity.number(price.output)), \(cache)}")
    }
    add("idle", \.idleSeconds) { Quantity.text(seconds: $0) }
    add("total", \.totalSeconds) { Quantity.text(seconds: $0) }
    add("retries", \.retries) { "\($0)" }
    if let proxy = rule.proxy { entries.append("proxy: \(scalar(proxy, alwaysQuoted: true))") }
    if let path = rule.certificates { entries.append("certificates: \(scalar(path, alwaysQuoted: true))") }
    return entries
  }

  private static func entriesOf(_ rule: ProgramRule) -> [String] {
    let standard = ProgramRule(program: rule.program)
    var entries: [String]
    switch rule.program {
    case .claude: entries = ["program: claude"]
    case .codex: entries = ["program: codex"]
    case .gemini: entries = ["program: gemini"]
    case .aider: entries = ["program: aider"]
    case .command(let text): entries = ["command: \(scalar(text, alwaysQuoted: true))"]
    }
    if let model = rule.model { entries.append("model: \(scalar(model, alwaysQuoted: true))") }
    if rule.network { entries.append("network: true") }
    func quoted(_ items: [String]) -> String {
      "[\(items.map { scalar($0, alwaysQuoted: true) }.joined(separator: ", "))]"
    }
    if !rule.environment.isEmpty { entries.append("environment: \(quoted(rule.environment))") }
    if !rule.readable.isEmpty { entries.append("read: \(quoted(rule.readable))") }
    if rule.wallSeconds != standard.wallSeconds { entries.append("wall: \(Quantity.text(seconds: rule.wallSeconds))") }
    if let limit = rule.spendLimit { entries.append("spend_limit: \(Quantity.number(limit))") }
    if rule.assumedCost > 0 { entries.append("assumed_cost: \(Quantity.number(rule.assumedCost))") }
    if rule.contextTokens != standard.contextTokens { entries.append("context: \(rule.contextTokens)") }
    return entries
  }
}
