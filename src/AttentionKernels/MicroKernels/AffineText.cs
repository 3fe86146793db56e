using System.Diagnostics.CodeAnalysis;

namespace AttentionKernels.MicroKernels;

/// <summary>An <see cref="IAffine"/> as a value: OpenCL C over the operands weight and bias.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: its structs keep their members.")]
internal readonly struct AffineText(Type affine)
{
    /// <inheritdoc cref="IAffine.HasBias"/>
    public bool HasBias => Is(nameof(IAffine.HasBias));

    /// <summary>A value, or a vector of some from the i-th on, with weights and biases applied.</summary>
    public string Apply(string value, int lanes) => HasBias
        ? $"fma({value}, {Weights(lanes)}, {Features("bias", lanes)})"
        : Weigh(value, lanes);

    /// <summary>The same with weights alone.</summary>
    public string Weigh(string value, int lanes) => Is(nameof(IAffine.HasWeight)) ? $"{value} * {Weights(lanes)}" : value;

    private string Weights(int lanes) =>
        Is(nameof(IAffine.IsFromOne)) ? $"({Features("weight", lanes)} + 1.0f)" : Features("weight", lanes);

    private string Features(string features, int lanes) => (Is(nameof(IAffine.IsShared)), lanes) switch
    {
        (true, 1) => $"(float)*{features}",
        (true, _) => $"(float{lanes})*{features}",
        (false, 1) => $"{features}[i]",
        (false, _) => $"vload{lanes}(0, {features} + i)",
    };

    private bool Is(string property) => (bool)affine.GetProperty(property)!.GetValue(null)!;
}
