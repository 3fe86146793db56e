namespace AttentionKernels.Formats;

/// <summary>
/// PTX that makes two packed factors of numbers of 8 bits and fewer, in what differs between bf16 and fp16. All are exact, both at a time,
/// without conversions from integers, of which a multiprocessor makes 16 a cycle.
/// </summary>
/// <remarks>
/// bf16 numbers from 128 on count in ones, fp16 numbers from 1,024 on: the bits of a whole number of up to 7 bits beside the exponent of
/// that power are so much more than it. fp8 numbers need another exponent, by a product, which also makes subnormal numbers normal.
/// </remarks>
/// <param name="Type">What PTX calls a pair.</param>
/// <param name="Ones">The power of two from which on numbers count in ones; a pair, as all others.</param>
/// <param name="One">1.</param>
/// <param name="Int4Less">What is added to a field of four bits beside that power, so that its number is left.</param>
internal sealed record PairText(string Type, string Ones, string One, string Int4Less)
{
    public string OfInt4() => $"""
        .reg .b32 bit, both, upper, one, less;
        shl.b32 bit, $place, 2;
        shr.u32 both, $word, bit;
        shl.b32 upper, both, 12;
        lop3.b32 both, both, 0x0000000F, {Ones}, 0xEA;
        lop3.b32 both, upper, 0x000F0000, both, 0xEA;
        mov.b32 one, {One};
        mov.b32 less, {Int4Less};
        fma.rn.{Type} $result, both, one, less;
        """;

    // Where bits are all ones, the carry into the sign's place becomes the bits that infinity and NaN have.
    public string OfFp8(Fp8Bits magnitude, Fp8Bits largest) => $"""
        .reg .b32 order, both, number, rebias, zero, special, less;
        mad.lo.u32 order, $place, 0x1010, 0x1404;
        prmt.b32 both, $word, 0, order;
        shr.u32 number, both, {magnitude.Shift};
        and.b32 number, number, {magnitude.Mask};
        lop3.b32 number, both, 0x80008000, number, 0xEA;
        mov.b32 rebias, {magnitude.Operand};
        mov.b32 zero, 0x80008000;
        fma.rn.{Type} number, number, rebias, zero;
        and.b32 special, both, {largest.Mask};
        add.u32 special, special, {largest.Operand};
        and.b32 special, special, 0x80008000;
        shr.u32 less, special, {largest.Shift};
        sub.u32 special, special, less;
        or.b32 $result, number, special;
        """;

    /// <summary>Bits of a pair of fp8 numbers, and what is done to them.</summary>
    /// <param name="Mask">The bits.</param>
    /// <param name="Shift">How far they go down.</param>
    /// <param name="Operand">What they are multiplied by, or what is added.</param>
    public readonly record struct Fp8Bits(string Mask, int Shift, string Operand);
}
