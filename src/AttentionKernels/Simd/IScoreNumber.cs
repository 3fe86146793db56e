namespace AttentionKernels;

/// <summary>
/// A number that a score formula computes with: a single one in scalar kernels, a vector of them on processors, or a symbol that writes
/// OpenCL C. A formula is written once, over any of them (see <see cref="IScoreFormula{TSelf}"/>, and <see cref="IActivation"/>, whose
/// formulas are of any numbers).
/// </summary>
/// <remarks>
/// Numbers are fp32 and every operation rounds once, to nearest even, so that all forms of a formula give the same bits; CUDA's assembler
/// alone may fuse a product with a sum. A <see cref="float"/> converts by itself: <c>0.5f * score</c>. There is no branch: both sides of
/// <see cref="IfLess"/> are computed. Functions stand in <see cref="ScoreMath"/>.
/// </remarks>
/// <typeparam name="TSelf">The number itself.</typeparam>
public interface IScoreNumber<TSelf>
    where TSelf : struct, IScoreNumber<TSelf>
{
    /// <summary>A constant, the same in every lane.</summary>
    /// <param name="value">The constant.</param>
    static abstract implicit operator TSelf(float value);

    /// <summary>The sum.</summary>
    /// <param name="left">The first summand.</param>
    /// <param name="right">The second summand.</param>
    /// <returns>left + right.</returns>
    static abstract TSelf operator +(TSelf left, TSelf right);

    /// <summary>The difference.</summary>
    /// <param name="left">The minuend.</param>
    /// <param name="right">The subtrahend.</param>
    /// <returns>left − right.</returns>
    static abstract TSelf operator -(TSelf left, TSelf right);

    /// <summary>The product.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second factor.</param>
    /// <returns>left · right.</returns>
    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>The quotient.</summary>
    /// <param name="left">The dividend.</param>
    /// <param name="right">The divisor.</param>
    /// <returns>left / right.</returns>
    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>A product and a sum, rounded once.</summary>
    /// <param name="left">The first factor.</param>
    /// <param name="right">The second factor.</param>
    /// <param name="addend">What is added.</param>
    /// <returns>left · right + addend.</returns>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>One of two numbers, by a comparison, in which a NaN is less than nothing and nothing is less than it.</summary>
    /// <param name="left">What is compared.</param>
    /// <param name="right">What it is compared with.</param>
    /// <param name="then">The result where left &lt; right.</param>
    /// <param name="otherwise">The result elsewhere.</param>
    /// <returns>One of both, bit for bit.</returns>
    static abstract TSelf IfLess(TSelf left, TSelf right, TSelf then, TSelf otherwise);

    /// <summary>2ⁿ, where x = 1.5·2²³ + n holds the integer n, from −126 to 128, in its lowest bits; 2¹²⁸ is infinity.</summary>
    internal static abstract TSelf PowerOfTwo(TSelf x);
}
