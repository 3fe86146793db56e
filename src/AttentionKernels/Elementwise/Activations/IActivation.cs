namespace AttentionKernels;

/// <summary>An activation y = f(x), a public struct, written as a formula over any kind of number: GPUs compute it for single numbers,
/// processors for vectors.</summary>
/// <remarks>The formula has no branches and no memory but its operand, see <see cref="IScoreNumber{TSelf}"/>; <see cref="ScoreMath"/> has
/// functions.</remarks>
/// <example>
/// <code>
/// public readonly struct HardSwish : IActivation                 // MobileNetV3
/// {
///     public static T Apply&lt;T&gt;(T x)
///         where T : struct, IScoreNumber&lt;T&gt; => x * ((x + 3f).Max(0f).Min(6f) / 6f);
/// }
///
/// device.Activate(input, Activation.Of&lt;HardSwish&gt;(), output);
/// </code>
/// </example>
public interface IActivation
{
    /// <summary>The activation.</summary>
    /// <typeparam name="T">The kind of number.</typeparam>
    /// <param name="x">The number.</param>
    /// <returns>f(x).</returns>
    static abstract T Apply<T>(T x)
        where T : struct, IScoreNumber<T>;
}
