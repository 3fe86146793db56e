using System.Collections.Concurrent;
using AttentionKernels.Elementwise.Activations;
using AttentionKernels.Launching;

namespace AttentionKernels;

/// <summary>An activation as a value: one of those below, or one's own.</summary>
/// <remarks>They compute in fp32, whatever the format, and round once. Of those below, infinities give the limits, and NaN stays NaN.
/// Immutable; threads may share them.</remarks>
public sealed class Activation
{
    private static readonly ConcurrentDictionary<Type, Activation> _all = new();

    private readonly string _name;

    private Activation(Type activation)
    {
        _name = activation.Name;
        Alone = ClosedTypes.Close(typeof(ActivationFormulas<>.Alone), activation);
        OfSum = ClosedTypes.Close(typeof(ActivationFormulas<>.OfSum), activation);
        Gate = ClosedTypes.Close(typeof(ActivationFormulas<>.Gate), activation);
    }

    /// <summary>x. As a gate it is a product.</summary>
    public static Activation Identity { get; } = Of<Identity>();

    /// <summary>max(x, 0).</summary>
    public static Activation Relu { get; } = Of<Relu>();

    /// <summary>x·Φ(x), with the normal distribution Φ: BERT.</summary>
    /// <remarks>Hendrycks and Gimpel, "Gaussian error linear units", 2016. Within 8 units in the last place of fp32 while the result
    /// is above 10⁻³⁶, also far below 0, where 1 + erf cancels.</remarks>
    public static Activation Gelu { get; } = Of<Gelu>();

    /// <summary>x·σ(2u) = x·(1 + tanh u)/2 with u = √(2/π)·(x + 0.044715·x³), nearly the same: GPT-2, Gemma.</summary>
    public static Activation GeluTanh { get; } = Of<GeluTanh>();

    /// <summary>x·σ(1.702·x), roughly the same: CLIP.</summary>
    public static Activation QuickGelu { get; } = Of<QuickGelu>();

    /// <summary>x·σ(x), also called swish: Llama.</summary>
    public static Activation Silu { get; } = Of<Silu>();

    /// <summary>σ(x) = 1 / (1 + e⁻ˣ).</summary>
    public static Activation Sigmoid { get; } = Of<Sigmoid>();

    /// <summary>tanh x.</summary>
    public static Activation Tanh { get; } = Of<Tanh>();

    /// <summary>f(x).</summary>
    internal Type Alone { get; }

    /// <summary>f(x + y).</summary>
    internal Type OfSum { get; }

    /// <summary>f(x)·y.</summary>
    internal Type Gate { get; }

    /// <summary>An activation of one's own.</summary>
    /// <typeparam name="TActivation">The activation: a public struct, within public types; kernels take no others
    /// (<see cref="ArgumentException"/> at the first call).</typeparam>
    /// <returns>The activation as a value, always the same one.</returns>
    public static Activation Of<TActivation>()
        where TActivation : struct, IActivation => _all.GetOrAdd(typeof(TActivation), static type => new Activation(type));

    /// <summary>Its name.</summary>
    /// <returns>The name of the struct.</returns>
    public override string ToString() => _name;
}
