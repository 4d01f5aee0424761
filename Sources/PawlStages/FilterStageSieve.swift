import Dispatch
import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments

/// Runs the filters over a generation; one thread at a time.
final class FilterSieve {
  private var knowledge: FilterKnowledge
  private let folder: StageFolder
  private let filters: [FilterName]
  /// Whether documents are judged by one another, which takes a second pass.
  private let isVoting: Bool
  private var exact = DigestTable()
  private var near: NearIndex?
  /// Of each text in `near`, its place as `exact` has it.
  private var nearPlaces: [UInt32] = []
  /// Lines of the training set come before those that were made.
  private var trainingLines = 0
  private let dropped: DocumentWriter
  private let passed: DocumentWriter
  private var report: FilterReport
  private var repeated = RepeatedText()
  private var answers = Answers()
  private var passedBallots: [FilterBallot] = []
  private let blockBytes: Int
  /// Into how many parts a block is cut, each the work of one core at a time.
  private let parts: Int

  init(_ knowledge: FilterKnowledge, folder: StageFolder, blockBytes: Int, parts: Int) throws {
    self.blockBytes = blockBytes
    self.parts = parts
    self.knowledge = knowledge
    self.folder = folder
    filters = knowledge.filters
    near = try knowledge.rule.near.map { try NearIndex(threshold: $0) }
    dropped = try DocumentWriter(path: folder.written("dropped.jsonl"))
    report = FilterReport(filters: filters)
    isVoting = knowledge.rule.vote != nil || knowledge.rule.length != nil
    passed = try DocumentWriter(path: folder.written(isVoting ? "passed.jsonl" : "kept.jsonl"))
  }

  // MARK: - The training set

  /// Learns what stands in the training set, so that it is not made once more.
  func learnTraining() throws {
    guard let name = knowledge.training, knowledge.rule.exact || near != nil || knowledge.rule.novelty != nil else {
      return
    }
    try forEachBlock(name, comparing: false) { parts in
      for part in parts {
        for looked in part.documents {
          trainingLines = looked.line
          exact.insert(looked.digest.value, looked.line)
        }
        if let novelty = knowledge.rule.novelty, novelty > 0 { learnShingles(of: part) }
        guard near != nil else { continue }
        nearPlaces += part.documents.lazy.filter { $0.fault == nil }.map { UInt32(truncatingIfNeeded: $0.line) }
        near?.add(part.signatures, keys: part.keys[...], perform: Self.perform)
      }
      return []
    }
  }

  private func learnShingles(of part: LookedAtPart) {
    var shingles = Shingles()
    for looked in part.documents {
      shingles.read(looked.document.text)
      for shingle in shingles.hashes { knowledge.trainingShingles.insert(shingle, 0) }
    }
  }

  /// What is done at once, each on a core.
  private enum Work: Sendable {
    case look(LineBlock)
    case read
    case write([[UInt8]])
  }
  private enum Done: Sendable {
    case looked(LookedAtPart)
    case read([LineBlock])
    case wrote
  }

  /// Calls `body` with what is seen in each block; while the next is looked at, what it returned is written and the one after is read.
  private func forEachBlock(
    _ name: String, comparing: Bool, _ body: ([LookedAtPart]) throws -> [[UInt8]]
  ) throws {
    let parser = DocumentParser(path: folder.read(name), name: name)
    let blocks = try LineBlocks(path: parser.path, blockBytes: blockBytes)
    var read = try blocks.next()?.parts(parts) ?? []
    var written: [[UInt8]] = []
    while !read.isEmpty {
      // The bytes of a file have their order, so one piece of work writes them all.
      let done = try does([.read, .write(written)] + read.map(Work.look), parser, blocks, comparing)
      read = []
      var looked: [LookedAtPart] = []
      for piece in done {
        switch piece {
        case .looked(let part): looked.append(part)
        case .read(let parts): read = parts
        case .wrote: break
        }
      }
      written = try body(looked)
    }
    for bytes in written { try passed.write(bytes: bytes) }
  }

  /// Does some work at once. A function of its own: what it holds of the index must be gone before texts are added there, or it would be copied.
  private func does(
    _ work: [Work], _ parser: DocumentParser, _ blocks: LineBlocks, _ comparing: Bool
  ) throws(DocumentsError) -> [Done] {
    // Each is used by one piece of work.
    nonisolated(unsafe) let (blocks, passed) = (blocks, passed)
    let (knowledge, near, parts) = (knowledge, near, parts)
    return try onAllCores(work) { (work) throws(DocumentsError) -> Done in
      switch work {
      case .look(let block): return .looked(try knowledge.look(at: block, parser, near: near, comparing: comparing))
      case .read: return .read(try blocks.next()?.parts(parts) ?? [])
      case .write(let pieces):
        for bytes in pieces { try passed.write(bytes: bytes) }
        return .wrote
      }
    }
  }

  private static func perform(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    DispatchQueue.concurrentPerform(iterations: count, execute: work)
  }

  // MARK: - What was made

  func pass() throws {
    let names = filters.filter { $0 != .vote && $0 != .length }.map(\.rawValue)
    var recent = try RecentTexts(threshold: knowledge.rule.near)
    try forEachBlock("made.jsonl", comparing: true) { parts in
      recent.removeAll()
      var kept: [[Document]] = []
      for part in parts { kept.append(try decide(part, &recent)) }
      near?.add(recent.signatures, keys: recent.keys[...], perform: Self.perform)
      nearPlaces += recent.places
      return onAllCores(kept) { FilterSieve.lines($0, passed: names) }
    }
  }

  /// Returns the documents that pass all filters that look at one document after another.
  private func decide(_ part: LookedAtPart, _ recent: inout RecentTexts) throws -> [Document] {
    var kept: [Document] = []
    for looked in part.documents {
      guard !looked.document.source.isReal else {
        throw StagesError(
          .input, "line \(looked.line) of `made.jsonl` says that it is real",
          hints: ["what a generator writes has a source of the kind `model`"])
      }
      report.documents += 1
      let ballot = isVoting ? FilterBallot(looked.document) : nil
      if let ballot, knowledge.rule.vote != nil { answers.add(ballot.ballot) }
      if looked.fault == nil { repeated.add(looked.digest) }
      if let reason = reason(against: looked, part, &recent) {
        try drop(looked.document.id, reason)
      } else {
        kept.append(looked.document)
        if let ballot { passedBallots.append(ballot) } else { report.keep(looked.document) }
      }
    }
    return kept
  }

  /// Returns why a document is dropped, by the first filter that says so.
  private func reason(against looked: LookedAt, _ part: LookedAtPart, _ recent: inout RecentTexts) -> FilterReason? {
    if let fault = looked.fault { return FilterReason(.valid, fault.description) }
    let place = trainingLines + looked.line
    if knowledge.rule.exact, let earlier = exact.insert(looked.digest.value, place) {
      return FilterReason(.exact, "it is the same as \(name(earlier))")
    }
    if near != nil {
      let (signature, keys) = (part.signature(looked), part.keys(looked))
      let here = recent.match(signature, keys)
      let before = looked.near.map { ($0.likeness, Int(nearPlaces[$0.number])) }
      if let (likeness, earlier) = [before, here].compactMap({ $0 }).max(by: { $0.0 < $1.0 }) {
        return FilterReason(.near, "it is \(likeness.fixed(decimals: 2)) like \(name(earlier))")
      }
      recent.add(signature, keys, place: place)
    }
    if let match = looked.overlap {
      let file = knowledge.heldNames[match.place.file]
      report.leaks[file, default: 0] += 1
      let what =
        match.isWhole ? "it is the whole of" : "from word \(match.word) on, \(knowledge.rule.overlap) words are from"
      return FilterReason(.overlap, "\(what) line \(match.place.line) of `\(file)`")
    }
    let id = FilterKnowledge.digest(ofID: looked.document.id)
    if let band = knowledge.band {
      guard let loss = knowledge.losses[id] else { return FilterReason(.band, "`losses.jsonl` has no loss of it") }
      if !band.contains(loss) {
        let (low, high) = (band.lowerBound.formatted(digits: 4), band.upperBound.formatted(digits: 4))
        return FilterReason(.band, "its loss of \(loss.formatted(digits: 4)) is not between \(low) and \(high)")
      }
    }
    if let least = knowledge.rule.novelty, let share = looked.newShare, share < least {
      return FilterReason(.novelty, "\(share.fixed(decimals: 2)) of it is new to the training set")
    }
    if let verdicts = knowledge.verdicts, verdicts[id] != true {
      return FilterReason(.verify, verdicts[id] == nil ? "there is no verdict on it" : "it was found wrong")
    }
    return nil
  }

  private func name(_ place: Int) -> String {
    place <= trainingLines
      ? "line \(place) of `\(knowledge.training ?? "train.jsonl")`" : "line \(place - trainingLines) of `made.jsonl`"
  }

  private static func lines(_ documents: [Document], passed names: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    for var document in documents {
      if case .made(var making) = document.source {
        making.filters += names
        document.source = .made(making)
      }
      document.write(to: &bytes)
      bytes.append(0x0a)
    }
    return bytes
  }

  private func drop(_ id: String, _ reason: FilterReason) throws {
    report.dropped[reason.filter, default: 0] += 1
    let line = JSONValue.members(
      ("id", .string(id)), ("filter", .string(reason.filter.rawValue)), ("why", .string(reason.why)))
    try dropped.write(bytes: Array((line.text + "\n").utf8))
  }

  // MARK: - The end

  /// Lets the samples of a prompt vote, writes what is left to write, and throws where nothing is fit to be learnt.
  func finish() throws {
    let failure: StagesError? =
      report.documents == 0
      ? StagesError(
        .result, "`made.jsonl` holds no document",
        hints: ["see that the stage `generate` wrote documents", "set `generate` to your own command in pawl.yaml"])
      : repeated.isOnlyText && report.documents > 1 ? repeated.failure(report.documents) : nil
    let kept = isVoting ? try vote() : passed
    try dropped.finish()
    try report.write(to: folder.written("filter.json"))
    if let failure = failure ?? report.failure { throw failure }
    try kept.finish()
  }

  /// Returns the file of what the samples of each prompt agree on.
  private func vote() throws -> DocumentWriter {
    try passed.finish()
    defer { unlink(passed.path) }
    let verdicts = try FilterBallot.verdicts(on: passedBallots, rule: knowledge.rule, answers: answers)
    let kept = try DocumentWriter(path: folder.written("kept.jsonl"))
    let reader = try DocumentReader(path: passed.path)
    let names = filters.filter { $0 == .vote || $0 == .length }.map(\.rawValue)
    for verdict in verdicts {
      guard let document = try reader.next() else { break }
      if let reason = verdict {
        try drop(document.id, reason)
      } else {
        report.keep(document)
        try kept.write(bytes: Self.lines([document], passed: names))
      }
    }
    return kept
  }
}
