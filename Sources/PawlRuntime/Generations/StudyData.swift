import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJudging

/// The data of a generations study: taken into its store when it begins, and the same from then on.
struct StudyData: Sendable {
  /// One real document in so many is kept out of training, to look for weak spots in.
  static let probeShare: UInt64 = 10

  let rule: GenerationRule
  let root: String
  let store: DocumentStore

  /// Reads the files that `generations` names and puts them into the store.
  func take() throws -> GenerationData {
    let folder = store.folder + "/.taking"
    let files = FileManager.default
    try? files.removeItem(atPath: folder)
    try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: folder) }
    let (real, probe) = try split(into: folder)
    let canaries = try rule.canaries.map { try canaryCount(of: $0) }
    return GenerationData(
      real: real, probe: probe, held: try rule.held.map { try stored($0, as: $0) },
      canaries: try rule.canaries.map { try stored($0.file, as: "canaries.jsonl") }, canaryCount: canaries ?? 0,
      constitution: try rule.filters.constitution.map { try principles($0) },
      labels: try rule.filters.constitution.map { try labels($0) },
      prompts: try rule.preference.map { try prompts($0, in: folder) })
  }

  /// Why the files are not those that the study began with; nil where they are.
  func change(since data: GenerationData) throws -> String? {
    var pairs = zip(rule.held, data.held).map { ($0, $1) }
    if let rule = rule.canaries, let file = data.canaries { pairs.append((rule.file, file)) }
    if let rule = rule.filters.constitution, let file = data.constitution, let labels = data.labels {
      pairs += [(rule.file, file), (rule.labels, labels)]
    }
    for (path, file) in pairs where try DocumentStore.digest(ofFile: "\(root)/\(path)") != file.digest { return path }
    return nil
  }

  private func split(into folder: String) throws -> (real: StoredFile, probe: StoredFile) {
    guard access("\(root)/\(rule.real)", R_OK) == 0 else { throw Self.unreadable(rule.real) }
    let reader = try DocumentReader(path: "\(root)/\(rule.real)", name: rule.real)
    let real = try DocumentWriter(path: "\(folder)/real.jsonl")
    let probe = try DocumentWriter(path: "\(folder)/probe.jsonl")
    var (trained, probed) = (0, 0)
    var ids: Set<String> = []
    var (first, isOneText) = (TextDigest?.none, true)
    while let document = try reader.next() {
      guard ids.insert(document.id).inserted else {
        throw RuntimeError(
          .usage, "two documents of `\(rule.real)` have the id `\(document.id)`",
          hints: ["give each an id of its own, or leave `id` out: the line's number is taken then"])
      }
      try check(document)
      let digest = TextDigest(document.text)
      if first == nil { first = digest }
      if first != digest { isOneText = false }
      var hash = StableHash()
      hash.add(document.text)
      if rule.stages.diagnose != nil, hash.value % Self.probeShare == 0 {
        try probe.write(document)
        probed += 1
      } else {
        try real.write(document)
        trained += 1
      }
    }
    guard trained > 0 else {
      throw RuntimeError(
        .usage, "`\(rule.real)` has no document to train on",
        hints: ["`generations.real` in pawl.yaml names JSON Lines with a `text` each, or plain text, a document a line"]
      )
    }
    if trained + probed > 1, isOneText {
      throw RuntimeError(
        .usage, "`\(rule.real)` is one document, \(trained + probed) times", hints: ["see how the file was made"])
    }
    try real.finish()
    try probe.finish()
    return (
      try put("\(folder)/real.jsonl", as: "real.jsonl"), try put("\(folder)/probe.jsonl", as: "probe.jsonl")
    )
  }

  /// What Pawl's `mix` would refuse, told before anything is trained.
  private func check(_ document: Document) throws(RuntimeError) {
    guard document.source.isReal else {
      throw RuntimeError(
        .usage, "`\(document.id)` of `\(rule.real)` says that a model made it",
        hints: ["`generations.real` in pawl.yaml names data that no model made"])
    }
    if let fault = TextFault(document.text), case .control = fault {
      throw RuntimeError(
        .usage, "`\(document.id)` of `\(rule.real)` cannot be learnt: \(fault)",
        hints: ["remove such characters from the data"])
    }
  }

  private static func unreadable(_ path: String) -> RuntimeError {
    RuntimeError(
      .usage, "`\(path)` cannot be read, which `generations` in pawl.yaml names", hints: ["correct the path"])
  }

  /// Canaries are lines of `{"id","prompt","answer"}`, each id once.
  private func canaryCount(of rule: CanaryRule) throws -> Int {
    let ids = try CanaryFile(path: "\(root)/\(rule.file)", name: rule.file).ids
    if let needed = CanaryFile.needed(floor: rule.floor), ids.count < needed {
      throw RuntimeError(
        .usage,
        "`\(rule.file)` has \(ids.count) canaries: with fewer than \(needed) no model can be shown to keep \(rule.floor.formatted(digits: 3)) of them",
        hints: ["add canaries, or lower `generations.canaries.floor` in pawl.yaml"])
    }
    return ids.count
  }

  /// The frozen prompts as a generator is given them: each with a seed of its own.
  private func prompts(_ rule: PreferenceRule, in folder: String) throws -> StoredFile {
    let lines = try CanaryFile.lines("\(root)/\(rule.prompts)", name: rule.prompts)
    guard !lines.isEmpty else {
      throw RuntimeError(.usage, "`\(rule.prompts)` has no prompt", hints: ["each line is `{\"prompt\": …}`"])
    }
    let writer = try DocumentWriter(path: "\(folder)/prompts.jsonl")
    for (number, line) in lines {
      guard let prompt = line["prompt"]?.string else {
        throw RuntimeError(
          .usage, "line \(number) of `\(rule.prompts)` is no prompt", hints: ["each line is `{\"prompt\": …}`"])
      }
      let written = JSONValue.members(
        ("id", .string("q\(number)")), ("prompt", .string(prompt)), ("samples", .integer(1)), ("seed", .integer(number))
      )
      try writer.write(bytes: Array((written.text + "\n").utf8))
    }
    try writer.finish()
    return try put("\(folder)/prompts.jsonl", as: "prompts.jsonl")
  }

  private func principles(_ rule: ConstitutionRule) throws -> StoredFile {
    let file = try stored(rule.file, as: "constitution.md")
    // A constitution without principles is told now, not when the first generation is judged.
    _ = try Constitution(
      markdown: String(decoding: FileManager.default.contents(atPath: "\(root)/\(rule.file)") ?? Data(), as: UTF8.self))
    return file
  }

  /// Too few labels measure no judge; that is told before one is asked.
  private func labels(_ rule: ConstitutionRule) throws -> StoredFile {
    let file = try stored(rule.labels, as: "labels.jsonl")
    let labels = try Label.all(
      FileManager.default.contents(atPath: "\(root)/\(rule.labels)") ?? Data(), name: rule.labels)
    try JudgeReport.checkLabels(
      good: labels.count { $0.label }, bad: labels.count { !$0.label }, about: nil)
    return file
  }

  private func stored(_ path: String, as name: String) throws -> StoredFile {
    guard access("\(root)/\(path)", R_OK) == 0 else { throw Self.unreadable(path) }
    let file = try put("\(root)/\(path)", as: name)
    guard file.bytes > 0 else {
      throw RuntimeError(
        .usage, "`\(path)` is empty, which `generations` in pawl.yaml names",
        hints: ["correct the path, or fill the file"])
    }
    return file
  }

  private func put(_ path: String, as name: String) throws -> StoredFile { try store.file(path, as: name) }
}

extension DocumentStore {
  /// Puts a file into the store.
  func file(_ path: String, as name: String) throws -> StoredFile {
    let digest = try put(path)
    var status = stat()
    stat(self.path(of: digest), &status)
    return StoredFile(name: name, digest: digest, bytes: Int(status.st_size))
  }
}
