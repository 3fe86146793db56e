using System.Globalization;
using AttentionKernels.Formats;

namespace AttentionKernels;

/// <summary>A number in bf16: the upper half of a <see cref="float"/>, with its whole range and 8 significant bits.</summary>
/// <remarks>For storage: convert to <see cref="float"/> to compute.</remarks>
public readonly struct BFloat16 : IEquatable<BFloat16>
{
    private readonly StoredBf16 _stored;

    private BFloat16(StoredBf16 stored) => _stored = stored;

    /// <summary>The bits: sign, 8 of exponent, 7 of fraction.</summary>
    public ushort Bits => _stored.Bits;

    /// <summary>The number with these bits.</summary>
    /// <param name="bits">Sign, 8 bits of exponent, 7 of fraction.</param>
    /// <returns>The number.</returns>
    public static BFloat16 FromBits(ushort bits) => new(new StoredBf16(bits));

    /// <summary>The nearest bf16 number, of two the even one; infinities and NaN stay what they are.</summary>
    public static explicit operator BFloat16(float value) => new(StoredBf16.Narrow(value));

    /// <summary>The number as fp32, exactly.</summary>
    public static explicit operator float(BFloat16 value) => StoredBf16.Widen(value._stored);

    /// <summary>Whether two numbers are equal: zeros of both signs are, NaN never is.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => (float)left == (float)right;

    /// <summary>Whether two numbers differ, as NaN does from everything.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => !(left == right);

    /// <summary>Whether two numbers are equal, two NaN among them.</summary>
    public bool Equals(BFloat16 other) => ((float)this).Equals((float)other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();

    /// <summary>The number in decimal, in the invariant culture.</summary>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}
