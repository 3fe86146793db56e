namespace AttentionKernels;

/// <summary>An activation y = f(x), a public struct, written as a formula over any kind of number: GPUs compute it for single numbers,
/// processors for vectors.</summary>
/// <remarks>The formula has no branches and no memory but its operand, see <see cref="IScoreNumber{TSelf}"/>; <see cref="ScoreMath"/> has
/// functions.</remarks>
/// <example>
/// <code>
/// using Tensor&lt;float> input = device.Upload([-4f, -1f, 1f, 4f], [4]), output = device.Allocate&lt;float>([4]);
/// device.Activate(input, Activation.Of&lt;HardSwish>(), output);
///
/// public readonly struct HardSwish : IActivation                              // MobileNetV3
/// {
///     public static T Apply&lt;T>(T x)
///         where T : struct, IScoreNumber&lt;T> => x * ((x + 3f).Max(0f).Min(6f) / 6f);
/// }
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
