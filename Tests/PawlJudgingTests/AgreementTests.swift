import PawlCore
import Testing

@testable import PawlJudging

func isNear(_ value: Double?, _ wanted: Double, within tolerance: Double = 1e-9) -> Bool {
  value.map { abs($0 - wanted) <= tolerance } ?? false
}

/// Kept 34 of 40 good ones and 9 of 30 bad ones.
private let decent = Agreement(trueYes: 34, falseNo: 6, falseYes: 9, trueNo: 21)

@Test(arguments: [
  (17, 20, 0.621073173454686, 0.9679290628145363), (0, 12, 0, 0.2646484693970512),
  (999, 1000, 0.9944410757201734, 0.9999746825125088), (5, 5, 0.4781762498950185, 1), (0, 0, 0, 1),
])
func `a share has the exact interval that statsmodels gives`(count: Int, total: Int, lower: Double, upper: Double) {
  let interval = Share(count, of: total).interval()
  #expect(isNear(interval.lowerBound, lower, within: 1e-8))
  #expect(isNear(interval.upperBound, upper, within: 1e-8))
}

@Test func `agreement is what scikit-learn, SciPy and statsmodels say`() throws {
  #expect(isNear(decent.balanced, 0.775))
  let interval = try #require(decent.balancedInterval())
  #expect(isNear(interval.lowerBound, 0.6612487263428612) && isNear(interval.upperBound, 0.852597306526859))
  let narrower = try #require(decent.balancedInterval(confidence: 0.9))
  #expect(isNear(narrower.lowerBound, 0.6808176111528851) && isNear(narrower.upperBound, 0.8429699791437087))
  #expect(isNear(decent.kappa, 0.5569620253164557))
  #expect(isNear(decent.chance, 3.2380146569874295e-06, within: 1e-14))
  #expect(isNear(Agreement(trueYes: 8, falseNo: 4, falseYes: 5, trueNo: 6).chance, 0.2734553775743707))
}

@Test func `the interval of kappa is that of two million draws`() throws {
  // NumPy: beta posteriors with Jeffreys' prior, prevalence 4/7.
  let interval = try #require(decent.kappaInterval())
  #expect(isNear(interval.lowerBound, 0.33444, within: 0.01) && isNear(interval.upperBound, 0.72046, within: 0.01))
  #expect(decent.kappaInterval(seed: 5) == decent.kappaInterval(seed: 5))
  // A judge that was never wrong on a few labels is not known to be perfect.
  let perfect = try #require(Agreement(trueYes: 12, falseNo: 0, falseYes: 0, trueNo: 12).kappaInterval())
  #expect(perfect.lowerBound < 0.9)
}

@Test func `the labels that are needed are Fleiss's`() {
  #expect(Agreement(trueYes: 8, falseNo: 4, falseYes: 5, trueNo: 6).labelsNeeded == 152)
  #expect(Agreement(trueYes: 80, falseNo: 20, falseYes: 20, trueNo: 80).labelsNeeded == 22)
  #expect(Agreement(trueYes: 5, falseNo: 5, falseYes: 6, trueNo: 4).labelsNeeded == nil)
  #expect(Agreement(trueYes: 5, falseNo: 0, falseYes: 0, trueNo: 0).labelsNeeded == nil)
}

@Test func `without both labels nothing is said`() {
  let oneSided = Agreement(trueYes: 9, falseNo: 1, falseYes: 0, trueNo: 0)
  #expect(oneSided.balanced == nil && oneSided.kappa == nil && oneSided.balancedInterval() == nil)
  #expect(oneSided.kappaInterval() == nil)
  #expect(oneSided.chance == 1)
  #expect(Agreement().chance == 1)
}

private func refusal(_ agreement: Agreement, unreadable: Share = Share(0, of: 0)) -> JudgingError? {
  do throws(JudgingError) {
    try JudgeReport(judge: "opus", agreement: agreement, unreadable: unreadable).check()
    return nil
  } catch {
    return error
  }
}

@Test func `a judge that agrees with labels passes`() {
  #expect(refusal(decent) == nil)
  #expect(refusal(Agreement(trueYes: 10, falseNo: 0, falseYes: 0, trueNo: 10)) == nil)
}

@Test func `a judge that always says yes is refused and told apart`() {
  let error = refusal(Agreement(trueYes: 40, falseNo: 0, falseYes: 30, trueNo: 0))
  #expect(error?.code == .noBetterThanChance)
  #expect(
    error?.message
      == "the judge `opus` is no better than chance: it says yes to all 70 labelled documents, 30 bad ones among them")
}

@Test func `a judge that always says no is refused and told apart`() {
  let error = refusal(Agreement(trueYes: 0, falseNo: 40, falseYes: 0, trueNo: 30))
  #expect(error?.code == .noBetterThanChance)
  #expect(error?.message.contains("says no to all 70") == true)
}

@Test func `a judge that may be good says how many labels would show it`() {
  let error = refusal(Agreement(trueYes: 8, falseNo: 4, falseYes: 5, trueNo: 6))
  #expect(error?.code == .noBetterThanChance)
  #expect(error?.message.contains("keeps 8 of 12 good and 5 of 11 bad") == true)
  #expect(error?.hints == ["if it is as good as it seems, about 152 labels would show it: there are 23"])
}

@Test func `a judge that is contrary is refused`() {
  let error = refusal(Agreement(trueYes: 5, falseNo: 35, falseYes: 25, trueNo: 5))
  #expect(error?.code == .noBetterThanChance)
  #expect(error?.hints.first?.contains("would not help") == true)
}

@Test func `too few labels say how many more of which kind`() {
  let error = refusal(Agreement(trueYes: 20, falseNo: 0, falseYes: 0, trueNo: 3))
  #expect(error?.code == .tooFew)
  #expect(error?.hints == ["add 7 more with `\"label\":false` to the file that `labels` names"])
}

@Test func `a judge that answers in prose is refused`() {
  let error = refusal(decent, unreadable: Share(30, of: 100))
  #expect(error?.code == .unreadable)
  #expect(refusal(decent, unreadable: Share(20, of: 100)) == nil)
}

@Test func `of a thousand coins few pass`() {
  var generator = SeededGenerator(seed: 4)
  var passed = 0
  for _ in 0..<1_000 {
    var agreement = Agreement()
    for index in 0..<60 { agreement.add(label: index % 2 == 0, verdict: generator.unit() < 0.5) }
    if refusal(agreement) == nil { passed += 1 }
  }
  // Fisher's test is below its 5 %: three standard errors above would be 70.
  #expect(passed > 0 && passed <= 50)
}

@Test func `self-preference is Mantel and Haenszel's`() throws {
  // statsmodels.StratifiedTable(...).test_null_odds(correction=True) on [[18, 2], [30, 20]] and [[9, 11], [10, 40]].
  let own = SelfPreference(
    ownGood: Share(18, of: 20), othersGood: Share(30, of: 50), ownBad: Share(9, of: 20), othersBad: Share(10, of: 50))
  #expect(isNear(own.chance, 0.0013226328489047549))
  #expect(isNear(own.difference, 0.275))
  let interval = try #require(own.interval())
  #expect(isNear(interval.lowerBound, 0.11931697504804029) && isNear(interval.upperBound, 0.43068302495195976))
  let report = JudgeReport(judge: "opus", agreement: decent, selfPreference: own)
  #expect(
    report.warnings == ["it prefers its own: it says yes to 27.5 % more of what its own model wrote, at equal label"])
}

@Test func `own texts that are simply better are no self-preference`() {
  var preference = SelfPreference()
  // Own are mostly good, others' mostly bad; the judge is always right.
  for index in 0..<40 {
    preference.add(own: true, label: index % 4 != 0, verdict: index % 4 != 0)
    preference.add(own: false, label: index % 4 == 0, verdict: index % 4 == 0)
  }
  #expect(preference.difference == 0)
  #expect(preference.chance > 0.5)
  #expect(SelfPreference().difference == nil && SelfPreference().interval() == nil && SelfPreference().chance == 1)
}
