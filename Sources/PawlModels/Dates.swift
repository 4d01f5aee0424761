/// Returns seconds since 1970-01-01 UTC of a date as HTTP writes it (RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`).
///
/// The two obsolete forms are not read: no server that this talks to sends them.
func secondsOfHTTPDate(_ text: String) -> Double? {
  let words = text.split(separator: " ")
  guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT" || words[5] == "UTC",
    let day = Int(words[1]), let year = Int(words[3]),
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
      .firstIndex(where: { words[2] == $0 })
  else { return nil }
  return seconds(year, month + 1, day, clock: words[4])
}

/// Returns seconds since 1970-01-01 UTC of a date as in RFC 3339: `2026-11-21T08:49:37Z`, with a fraction or an offset too.
func secondsOfTimestamp(_ text: String) -> Double? {
  let parts = text.split(whereSeparator: { $0 == "T" || $0 == "t" || $0 == " " })
  guard parts.count == 2 else { return nil }
  let date = parts[0].split(separator: "-").map { Int($0) }
  guard date.count == 3, let year = date[0], let month = date[1], let day = date[2] else { return nil }
  var clock = parts[1]
  var offset = 0.0
  if clock.hasSuffix("Z") || clock.hasSuffix("z") {
    clock = clock.dropLast()
  } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
    let numbers = clock[clock.index(after: sign)...].split(separator: ":").map { Int($0) }
    guard numbers.count == 2, let hours = numbers[0], let minutes = numbers[1], hours < 24, minutes < 60 else {
      return nil
    }
    offset = Double(hours * 3600 + minutes * 60) * (clock[sign] == "-" ? -1 : 1)
    clock = clock[..<sign]
  } else {
    return nil
  }
  return seconds(year, month, day, clock: clock).map { $0 - offset }
}

/// The days are Hinnant's `days_from_civil` ("chrono-compatible low-level date algorithms").
private func seconds(_ year: Int, _ month: Int, _ day: Int, clock: Substring) -> Double? {
  let parts = clock.split(separator: ":")
  guard parts.count == 3, let hour = Int(parts[0]), let minute = Int(parts[1]), let second = Double(parts[2]),
    (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0..<24).contains(hour),
    (0..<60).contains(minute), (0..<61).contains(second)
  else { return nil }
  let shifted = month <= 2 ? year - 1 : year
  let era = shifted / 400
  let yearOfEra = shifted - era * 400
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  return Double(days * 86_400 + hour * 3600 + minute * 60) + second
}
