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
  private static let blockBytes = 8 << 20

  init(_ knowledge: FilterKnowledge, folder: StageFolder) throws {
    self.knowledge = knowledge
    self.folder = folder
    filters = knowledge.filters
    near = try knowledge.rule.near.map { try NearIndex(threshold: $0) }
    dropped = try DocumentWriter(path: folder.written("dropped.jsonl"))
    report = FilterReport(filters: filters)
    isVoting = knowledge.rule.vote != nil || knowledge.rule.length != nil
    passed = try DocumentWriter(path: folder.written(isVoting ? "passed.jsonl" : "kept.jsonl"))
  }
  /// Whether documents are judged by one another, which takes a second pass.
  private let isVoting: Bool

  // MARK: - The training set

  /// Learns what stands in the training set, so that it is not made once more.
  func learnTraining() throws {
    guard let name = knowledge.training, knowledge.rule.exact || near != nil || knowledge.rule.novelty != nil else {
      return
    }
    let path = folder.read(name)
    let blocks = try LineBlocks(path: path, blockBytes: Self.blockBytes)
    let parser = DocumentParser(path: path, name: name)
    while let block = try blocks.next() {
      let parts = try look(at: block, parser, comparing: false)
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
    }
  }

  private func learnShingles(of part: LookedAtPart) {
    var shingles = Shingles()
    for looked in part.documents {
      shingles.read(looked.document.text)
      for shingle in shingles.hashes { knowledge.trainingShingles.insert(shingle, 0) }
    }
  }

  private func look(at block: LineBlock, _ parser: DocumentParser, comparing: Bool) throws(DocumentsError)
    -> [LookedAtPart]
  {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let (knowledge, near) = (knowledge, near)
    return try onAllCores(block.parts(cores * 2)) { (part) throws(DocumentsError) in
      try knowledge.look(at: part, parser, near: near, comparing: comparing)
    }
  }

  private static func perform(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    DispatchQueue.concurrentPerform(iterations: count, execute: work)
  }

  // MARK: - What was made

  func pass() throws {
    let path = folder.read("made.jsonl")
    let blocks = try LineBlocks(path: path, blockBytes: Self.blockBytes)
    let parser = DocumentParser(path: path, name: "made.jsonl")
    var recent = try RecentTexts(threshold: knowledge.rule.near)
    while let block = try blocks.next() {
      let parts = try look(at: block, parser, comparing: true)
      var kept: [[Document]] = []
      recent.removeAll()
      for part in parts { kept.append(try decide(part, &recent)) }
      near?.add(recent.signatures, keys: recent.keys[...], perform: Self.perform)
      nearPlaces += recent.places
      let names = filters.filter { $0 != .vote && $0 != .length }.map(\.rawValue)
      for bytes in onAllCores(kept, { FilterSieve.lines($0, passed: names) }) { try passed.write(bytes: bytes) }
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
    try passed.finish()
    if isVoting { try vote() }
    try dropped.finish()
    try report.write(to: folder.written("filter.json"))
    if let failure = failure ?? report.failure {
      unlink(folder.written("kept.jsonl"))
      throw failure
    }
  }

  private func vote() throws {
    let verdicts = try FilterBallot.verdicts(on: passedBallots, rule: knowledge.rule, answers: answers)
    let kept = try DocumentWriter(path: folder.written("kept.jsonl"))
    let reader = try DocumentReader(path: folder.written("passed.jsonl"))
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
    try kept.finish()
    unlink(folder.written("passed.jsonl"))
  }
}
