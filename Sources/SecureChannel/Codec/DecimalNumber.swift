/// A number of any length as its decimal digits, to be read and added exactly.
internal struct DecimalNumber {
    private var isNegative: Bool
    /// Each from 0 to 9, without zeros in front; none for zero.
    private var digits: [UInt8]
    /// The power of ten by which the digits are to be multiplied.
    private var exponent: Int

    /// Beyond this all numbers are alike: too large for any type, or as good as zero.
    private static var largestExponent: Int { 1_000_000_000 }

    /// Nil if the text is not a number by JSON's grammar.
    init?(_ text: String) {
        var rest = text.utf8[...]
        let isNegative = Self.take("-", of: &rest)
        let whole = Self.takeDigits(of: &rest)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
        var fraction: [UInt8] = []
        if Self.take(".", of: &rest) {
            fraction = Self.takeDigits(of: &rest)
            guard !fraction.isEmpty else { return nil }
        }
        var exponent = 0
        if Self.take("e", of: &rest) || Self.take("E", of: &rest) {
            let isSmall = !Self.take("+", of: &rest) && Self.take("-", of: &rest)
            let power = Self.takeDigits(of: &rest)
            guard !power.isEmpty else { return nil }
            exponent = min(Int(String(decoding: power, as: UTF8.self)) ?? .max, Self.largestExponent)
            if isSmall { exponent = -exponent }
        }
        guard rest.isEmpty else { return nil }
        self.isNegative = isNegative
        self.digits = (whole + fraction).drop { $0 == UInt8(ascii: "0") }.map { $0 - UInt8(ascii: "0") }
        self.exponent = exponent - fraction.count
    }

    private static func take(_ character: Unicode.Scalar, of text: inout Substring.UTF8View) -> Bool {
        guard let first = text.first, UInt32(first) == character.value else { return false }
        text.removeFirst()
        return true
    }

    private static func takeDigits(of text: inout Substring.UTF8View) -> [UInt8] {
        let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        text = text[digits.endIndex...]
        return Array(digits)
    }

    /// The number as an integer, or nil if it is none or does not fit.
    func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) -> Integer? {
        guard let last = digits.lastIndex(where: { $0 != 0 }) else { return 0 }
        let zeros = exponent + digits.count - 1 - last
        // 128 bits have at most 39 digits.
        guard zeros >= 0, last + 1 + zeros <= 39 else { return nil }
        var integer: Integer = 0
        for digit in digits[...last] + repeatElement(0, count: zeros) {
            let (product, isTooLarge) = integer.multipliedReportingOverflow(by: 10)
            let digit = Integer(truncatingIfNeeded: digit)
            let (sum, isStillTooLarge) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !isTooLarge, !isStillTooLarge else { return nil }
            integer = sum
        }
        return integer
    }
}

extension String {
    /// Whether this is a number without a point and an exponent, by JSON's grammar.
    internal var isJSONInteger: Bool {
        DecimalNumber(self) != nil
            && utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}

// MARK: - Adding

extension DecimalNumber {
    /// The sum, exactly; nil if this number is so long that it would take much memory.
    func adding(_ number: Int64) -> DecimalNumber? {
        guard digits.count <= 2_000, (-2_000...2_000).contains(exponent) else { return nil }
        let scale = min(exponent, 0)
        let left = digits + repeatElement(0, count: exponent - scale)
        let right =
            String(number.magnitude).utf8.map { $0 - UInt8(ascii: "0") } + repeatElement(0, count: -scale)
        let count = max(left.count, right.count) + 1
        let (ours, others) = (Self.padded(left, to: count), Self.padded(right, to: count))
        var sum = self
        sum.exponent = scale
        if isNegative == (number < 0) {
            sum.digits = Self.sum(ours, others)
        } else if ours.lexicographicallyPrecedes(others) {
            sum.isNegative = number < 0
            sum.digits = Self.difference(others, ours)
        } else {
            sum.digits = Self.difference(ours, others)
        }
        sum.digits = Array(sum.digits.drop { $0 == 0 })
        return sum
    }

    private static func padded(_ digits: [UInt8], to count: Int) -> [UInt8] {
        repeatElement(0, count: count - digits.count) + digits
    }

    /// Of as many digits each, the first of which are 0.
    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var sum = left
        var carry: UInt8 = 0
        for index in left.indices.reversed() {
            let digit = left[index] + right[index] + carry
            (carry, sum[index]) = digit.quotientAndRemainder(dividingBy: 10)
        }
        return sum
    }

    /// Of as many digits each; the first number is not the smaller one.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var difference = left
        var borrow: UInt8 = 0
        for index in left.indices.reversed() {
            let subtrahend = right[index] + borrow
            borrow = left[index] < subtrahend ? 1 : 0
            difference[index] = left[index] + 10 * borrow - subtrahend
        }
        return difference
    }

    /// The number without an exponent, with zeros at its end where it would have fewer digits.
    ///
    /// - Parameter digitCount: how many digits there are at least, those of a zero before the point apart.
    func text(digitCount: Int) -> String {
        let zeros = max(0, digitCount - digits.count, exponent)
        let places = max(0, zeros - exponent)
        let all = digits + repeatElement(0, count: zeros)
        let padded = repeatElement(0, count: max(0, places + 1 - all.count)) + all
        let characters = padded.map { UInt8(ascii: "0") + $0 }
        let whole = String(decoding: characters.dropLast(places), as: UTF8.self)
        let fraction = places > 0 ? "." + String(decoding: characters.suffix(places), as: UTF8.self) : ""
        return (isNegative ? "-" : "") + whole + fraction
    }
}
