import PawlCore
import Testing

@testable import PawlReport

@Suite struct StudyReportTests {
  @Test func `a page says what came out and how sure it is`() throws {
    let html = StudyReport.html(try ExampleStudy().input())
    #expect(html.contains("<span class=\"from\">1.2874</span> → <b>1.2761</b>"))
    #expect(html.contains("95 % interval +0.00837 to"))
    #expect(html.contains("e-value 812, needed 40; 8 pairs of runs on fresh seeds"))
    #expect(html.contains("★ certified"))
    #expect(html.contains("not reached"))
  }

  @Test func `without a certificate nothing is claimed`() throws {
    let html = StudyReport.html(try ExampleStudy(certify: false).input())
    #expect(html.contains("not certified yet"))
    #expect(!html.contains("★ certified"))
    #expect(!html.contains("Certified champion"))
  }

  @Test func `a certificate below its threshold certifies nothing`() throws {
    var input = try ExampleStudy(certify: false).input()
    let donor = try ExampleStudy().input().certificates
    input.certificates = donor.filter { $0.eValue < $0.threshold }
    let html = StudyReport.html(input)
    #expect(html.contains("1 certification did not reach the threshold"))
    #expect(!html.contains("Certified champion"))
  }

  @Test func `text from outside cannot become markup`() throws {
    let attack = "</title></style></script><script>alert(1)</script><img src=x onerror='alert(2)'>\" & \u{202e}"
    var input = try ExampleStudy(trials: 30, keepRate: 0.3, hypothesis: { _ in attack }).input()
    input.diff = "diff --git a/x b/x\n@@ -1 +1 @@\n-\(attack)\n+\(attack)\n"
    input.configuration.command = attack
    input.configuration.evaluate = attack
    input.configuration.metric.name = attack
    input.configuration.metric.pattern = attack
    input.configuration.editable = [attack]
    input.configuration.frozen = [attack]
    input.configuration.agents = [AgentRule(name: attack, kind: .knobs)]
    input.frozenDigest = attack
    input.version = attack
    input.baseline = CommitHash(rawValue: attack)
    for index in input.trials.indices {
      input.trials[index].agent = attack
      input.trials[index].remark = attack
      input.trials[index].commit = CommitHash(rawValue: attack)
      if index % 4 == 1 {
        input.trials[index].state = .refused
      } else if index % 4 == 2 {
        input.trials[index].outcome = .launchFailed(reason: attack)
      }
    }
    let html = StudyReport.html(input)
    #expect(html.components(of: "<script>") == 1)
    #expect(html.components(of: "</script>") == 1)
    #expect(!html.contains("<img"))
    #expect(!html.contains("\u{202e}"))
    #expect(html.contains("&lt;script&gt;alert(1)"))
    let svg = ProgressPlot.svg(input, width: 900, height: 420)
    #expect(!svg.contains("<script") && !svg.contains("<img"))
  }

  @Test func `a verdict that does not come from the metric says where it comes from`() throws {
    var input = try ExampleStudy().input()
    let reason = "memory 9.1 GiB is over the limit of 8 GiB"
    #expect(!StudyReport.html(input).contains(reason))
    input.configuration.constraints = [Constraint(.memory, limit: 8)]
    #expect(StudyReport.html(input).contains("<dt>Besides it</dt><dd>memory at most 8 GiB</dd>"))
    let place = try #require(input.trials.firstIndex { $0.verdict == .discarded })
    input.trials[place].remark = reason
    #expect(StudyReport.html(input).contains("discarded</span><br><span class=\"soft\">\(reason)</span>"))
  }

  @Test func `the page loads nothing from anywhere`() throws {
    let html = StudyReport.html(try ExampleStudy().input())
    for part in ["src=", "@import", "url(http", "<link", "href=\"http", "fetch("] { #expect(!html.contains(part)) }
    #expect(html.ranges(of: "http").count == html.ranges(of: "http://www.w3.org/2000/svg").count)
  }

  @Test func `self-reported numbers and weak sandboxes are said in words`() throws {
    var input = try ExampleStudy().input()
    input.referee = .report
    input.sandbox = .none
    input.dirty = true
    input.running = true
    let html = StudyReport.html(input)
    for words in ["self-reported", "There was no sandbox", "uncommitted changes", "still running"] {
      #expect(html.contains(words))
    }
    let plain = StudyReport.html(try ExampleStudy().input())
    for words in ["self-reported", "There was no sandbox", "uncommitted changes", "still running"] {
      #expect(!plain.contains(words))
    }
  }

  @Test func `ten thousand trials keep the page small, and it says what is left out`() throws {
    let input = try ExampleStudy(trials: 10_000, keepRate: 0.02).input()
    let html = StudyReport.html(input)
    #expect(html.utf8.count < 1_000_000)
    #expect(html.contains("of 10001."))
    for id in input.headPath { #expect(html.contains("<tr id=\"t\(id)\">")) }
    #expect(html.contains("<tr id=\"t10000\">"))
    #expect(html.components(of: "<tr id=\"t") <= 500 + input.headPath.count)
  }

  @Test func `an empty study makes a page`() throws {
    var input = try ExampleStudy(trials: 0).input()
    input.trials = []
    input.headPath = []
    input.sigma = nil
    input.diff = nil
    let html = StudyReport.html(input)
    #expect(html.contains("The baseline has no measurement yet."))
    #expect(html.hasSuffix("</html>\n"))
  }

  @Test func `no number on the page is nan or infinite`() throws {
    var input = try ExampleStudy().input()
    input.sigma = .nan
    for index in input.trials.indices where index % 5 == 0 {
      input.trials[index].mean = index % 2 == 0 ? .nan : -.infinity
      input.trials[index].wallSeconds = .infinity
    }
    let html = StudyReport.html(input)
    for part in [">nan", ">inf", ">-inf", "\"nan", "\"inf", " nan", "+inf", "−inf"] { #expect(!html.contains(part)) }
  }

  @Test func `a removed line that starts with dashes is no file name`() throws {
    let html = StudyReport.html(try ExampleStudy().input())
    #expect(html.contains("<span class=\"del\">--- an old comment</span>"))
    #expect(html.contains("<span class=\"meta\">--- a/train.swift</span>"))
    #expect(html.contains("<span class=\"add\">+  // if a &lt; b &amp;&amp; c &gt; d</span>"))
  }

  @Test func `the same input gives the same bytes`() throws {
    let input = try ExampleStudy(trials: 200).input()
    #expect(StudyReport.html(input) == StudyReport.html(input))
  }

  @Test func `a report of some trials says how many there are and adds all of them up`() throws {
    var input = try ExampleStudy(trials: 400).input()
    let whole = StudyReport.html(input)
    #expect(!whole.contains("The page holds"))
    let totals = TrialTotals(input.trials)
    #expect(totals.trials == 400)
    #expect(
      totals.kept + totals.discarded + totals.inconclusive + totals.crashed == 400, "the example has no other ends")
    let heads = Set(input.headPath)
    input.trials = input.trials.filter { heads.contains($0.id) || $0.id.rawValue % 10 == 0 }
    input.totals = totals
    input.dotStride = 20
    let page = StudyReport.html(input)
    let layout = PlotLayout(input, width: 1120, height: 500, legendRows: 1)
    let drawn = layout.dots.map(\.index) + layout.crashes.map(\.index)
    #expect(drawn.allSatisfy { heads.contains(input.trials[$0].id) || input.trials[$0].id.rawValue % 20 == 0 })
    #expect(page.contains("The page holds \(input.trials.count) of 401 trials"))
    for tile in ["<p class=\"big\">400</p>", "\(totals.kept) kept, \(totals.discarded) discarded"] {
      #expect(page.contains(tile) && whole.contains(tile))
    }
    #expect(page.contains("\(input.trials.count) of 401. <code>pawl export"))
  }

  @Test func `a head that is not certified is worth what is believed of it, not its lucky mean`() throws {
    var input = try ExampleStudy(trials: 40, keepRate: 0.3, certify: false).input()
    let last = try #require(input.headPath.last)
    let believed = input.headPath.dropFirst().reduce(0) { $0 + (input.trials[$1.rawValue].evidence?.effect ?? 0) }
    input.trials[last.rawValue].mean = 0.9
    let page = StudyReport.html(input)
    let headline = try #require(page.split(separator: "<figure", maxSplits: 1).first)
    let value = (1.2874 - believed).fixed(decimals: 3)
    #expect(headline.contains("about \(value)"), "\(headline)")
    #expect(!headline.contains("0.9000"))
  }

  @Test func `a baseline that failed is named`() throws {
    var input = try ExampleStudy(trials: 0).input()
    input.trials[0].state = .crashed
    input.trials[0].mean = nil
    input.trials[0].remark = "metric is not <finite>"
    #expect(StudyReport.html(input).contains("The baseline failed: metric is not &lt;finite&gt;."))
  }

  @Test func `the intervals of many certificates are not said to hold together at 0 %`() throws {
    var input = try ExampleStudy().input()
    let first = try #require(input.certificates.first)
    input.certificates = Array(repeating: first, count: 21)
    #expect(StudyReport.html(input).contains("intervals of 95 % each add up to"))
    #expect(!StudyReport.html(input).contains(">0 % interval"))
  }
}
