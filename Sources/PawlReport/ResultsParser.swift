extension ResultsTable {
  /// Returns the rows of any fork's `results.tsv`, read by the names in its header, with what was wrong.
  ///
  /// Columns may come in any order, with others between them; memory columns in MB are converted. Understands CRLF, a byte
  /// order mark, quoted fields, commas instead of tabs, short rows, and a missing header in the layout of karpathy/autoresearch.
  public static func parse(_ text: String) -> ParsedResults {
    var bytes = Array(text.utf8)
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
    let firstLine = bytes.prefix { $0 != lineFeed && $0 != carriageReturn }
    let delimiter = firstLine.contains(tab) || !firstLine.contains(comma) ? tab : comma
    var records = Records(bytes: bytes, delimiter: delimiter).all()
    guard let first = records.first else {
      return ParsedResults(rows: [], metricName: nil, problems: ["the file is empty"])
    }

    var problems: [String] = []
    var header = first.fields.map { $0.lowercased() }
    var names = first.fields
    if header.contains(where: { Column(name: $0) != .other }) {
      records.removeFirst()
    } else if first.fields.count >= 5, Double(first.fields[1]) != nil {
      problems.append(
        "line \(first.line): no header; reading the columns as `commit val_bpb memory_gb status description`")
      names = ["commit", "val_bpb", "memory_gb", "status", "description"]
      header = names
    } else {
      let shown = first.fields.joined(separator: " ").abbreviated(to: 60)
      problems.append("line \(first.line): `\(shown)` is not a header with a commit, status or description column")
      return ParsedResults(rows: [], metricName: nil, problems: problems)
    }

    let layout = Layout(header: header, records: records)
    if layout.metric == nil { problems.append("no column holds the metric") }
    if layout.status == nil { problems.append("no `status` column") }
    let rows = records.map { row(of: $0, layout: layout, problems: &problems) }
    return ParsedResults(rows: rows, metricName: layout.metric.map { names[$0] }, problems: problems)
  }

  private static func row(of record: Records.Record, layout: Layout, problems: inout [String]) -> ResultRow {
    func field(_ index: Int?) -> String? {
      guard let index, record.fields.indices.contains(index), !record.fields[index].isEmpty else { return nil }
      return record.fields[index]
    }
    let status = ResultRow.Status(field(layout.status) ?? "")
    var description = field(layout.description) ?? ""
    let extra = record.fields.dropFirst(layout.count)
    if !extra.isEmpty, layout.description == layout.count - 1 {
      // A tab inside the description: the words belong together.
      description = ([description] + extra).joined(separator: " ")
    }
    if record.fields.count < layout.count,
      layout.description.map({ $0 != layout.count - 1 }) ?? true
        || record.fields.count < layout.count - 1
    {
      problems.append("line \(record.line): \(record.fields.count) columns instead of \(layout.count)")
    }
    var metric: Double?
    if status != .crash, layout.metric != nil {
      let text = field(layout.metric) ?? ""
      metric = Double(text).flatMap { $0.isFinite ? $0 : nil }
      if metric == nil { problems.append("line \(record.line): `\(text.abbreviated(to: 40))` is not a finite number") }
    }
    let memory = status == .crash ? nil : field(layout.memory).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    return ResultRow(
      line: record.line, commit: field(layout.commit), metric: metric,
      memoryGB: memory.map { $0 / layout.memoryDivisor },
      status: status, description: description)
  }

  /// What a column's name says that it holds.
  private enum Column {
    case commit, memoryGB, memoryMB, status, description, bookkeeping, other
    init(name: String) {
      switch name {
      case "commit", "hash", "sha", "commit_hash", "git_hash", "commit_sha": self = .commit
      case "memory_gb", "mem_gb", "peak_memory_gb", "peak_mem_gb", "vram_gb", "peak_vram_gb", "memory": self = .memoryGB
      case "memory_mb", "mem_mb", "peak_memory_mb", "peak_mem_mb", "vram_mb", "peak_vram_mb": self = .memoryMB
      case "status", "verdict", "decision", "outcome": self = .status
      case "description", "desc", "hypothesis", "change", "idea", "notes", "note": self = .description
      case "timestamp", "date", "time", "iteration", "iter", "trial", "id", "experiment", "exp", "run", "round", "#",
        "tag",
        "branch", "agent", "parent", "seed", "duration", "seconds", "step", "n":
        self = .bookkeeping
      default: self = .other
      }
    }
  }

  private struct Layout {
    var commit, memory, status, description, metric: Int?
    var memoryDivisor = 1.0
    let count: Int

    init(header: [String], records: [Records.Record]) {
      count = header.count
      let columns = header.map(Column.init(name:))
      commit = columns.firstIndex(of: .commit)
      status = columns.firstIndex(of: .status)
      description = columns.firstIndex(of: .description)
      memory = columns.firstIndex(of: .memoryGB)
      if memory == nil, let index = columns.firstIndex(of: .memoryMB) {
        memory = index
        memoryDivisor = 1024
      }
      // Unknown columns compete: the one of the original, then one called metric, then the first that holds numbers.
      let candidates = columns.indices.filter { columns[$0] == .other }
      metric =
        candidates.first { header[$0] == "val_bpb" } ?? candidates.first { header[$0] == "metric" }
        ?? candidates.first { index in
          records.isEmpty
            || records.count { $0.fields.indices.contains(index) && Double($0.fields[index]) != nil } * 2
              > records.count
        }
    }
  }
}

private let tab = UInt8(ascii: "\t")
private let comma = UInt8(ascii: ",")
private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let quote = UInt8(ascii: "\"")

/// Splits delimited text into records, with the line that each starts on.
private struct Records {
  struct Record {
    let line: Int
    var fields: [String]
  }
  let bytes: [UInt8]
  let delimiter: UInt8

  func all() -> [Record] {
    var records: [Record] = []
    var index = 0
    var line = 1
    while index < bytes.count {
      var record = Record(line: line, fields: [])
      while true {
        let field: String
        if let quoted = quotedField(at: index) {
          (field, index) = (quoted.text, quoted.end)
          line += quoted.lines
        } else {
          let end = bytes[index...].firstIndex { $0 == delimiter || isBreak($0) } ?? bytes.count
          field = String(decoding: bytes[index..<end], as: UTF8.self)
          index = end
        }
        record.fields.append(field.onOneLine)
        guard index < bytes.count, bytes[index] == delimiter else { break }
        index += 1
      }
      if index < bytes.count {
        index += bytes[index] == carriageReturn && index + 1 < bytes.count && bytes[index + 1] == lineFeed ? 2 : 1
        line += 1
      }
      if record.fields.contains(where: { !$0.isEmpty }) { records.append(record) }
    }
    return records
  }

  private func isBreak(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }

  /// A field in quotes, or nil where the quote at `start` is only a character of a description.
  private func quotedField(at start: Int) -> (text: String, end: Int, lines: Int)? {
    guard start < bytes.count, bytes[start] == quote else { return nil }
    var content: [UInt8] = []
    var index = start + 1
    var lines = 0
    var sawDelimiter = false
    while index < bytes.count {
      let byte = bytes[index]
      if byte == quote {
        guard index + 1 < bytes.count, bytes[index + 1] == quote else {
          let end = index + 1
          guard end == bytes.count || bytes[end] == delimiter || isBreak(bytes[end]) else { return nil }
          return (String(decoding: content, as: UTF8.self), end, lines)
        }
        index += 1
      } else if byte == lineFeed {
        lines += 1
      } else if byte == delimiter {
        sawDelimiter = true
      }
      // A quote that runs over a line break and a delimiter was never meant as one; it would swallow rows.
      if lines > 0, sawDelimiter, delimiter == tab { return nil }
      content.append(byte)
      index += 1
    }
    return nil
  }
}
