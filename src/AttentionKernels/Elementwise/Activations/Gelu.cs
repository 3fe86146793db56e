using System.Runtime.CompilerServices;

namespace AttentionKernels.Elementwise.Activations;

/// <summary>x·Φ(x) with the normal distribution Φ, by its tail: Φ(−y) = e^(−y²/2)·Q(y) for y ≥ 0, and Φ(y) = 1 − Φ(−y).</summary>
/// <remarks>Q(y) = erfcx(y/√2)/2, where nothing overflows or cancels, is t·P(t) with t = 1/(1 + 0.265·y) and a polynomial P of degree 8
/// (minimax over 0 ≤ y ≤ 13.3, relative error 1.1·10⁻⁸); behind it the power is 0. What rounding y² loses, e is corrected by.</remarks>
internal readonly struct Gelu : IActivation
{
    // Behind it the tail is less than any normal number.
    private const float Largest = 14f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T IActivation.Apply<T>(T x)
    {
        T limited = x.Max(-Largest).Min(Largest);
        T y = limited.Abs();
        T square = y * y;
        T lost = T.MultiplyAdd(y, y, 0f - square);
        T power = (square * -0.5f).Exp();
        power = T.MultiplyAdd(power, lost * -0.5f, power);
        T t = 1f / T.MultiplyAdd(y, 0.265f, 1f);
        T q = T.MultiplyAdd(0.0309128053f, t, -0.144663081f);
        q = T.MultiplyAdd(q, t, 0.218688428f);
        q = T.MultiplyAdd(q, t, -0.117336556f);
        q = T.MultiplyAdd(q, t, 0.138610497f);
        q = T.MultiplyAdd(q, t, 0.0600385927f);
        q = T.MultiplyAdd(q, t, 0.102770112f);
        q = T.MultiplyAdd(q, t, 0.105237082f);
        q = T.MultiplyAdd(q, t, 0.105742127f);
        T tail = limited * q * t * power;
        return T.IfLess(x, 0f, tail, x - tail);
    }
}
