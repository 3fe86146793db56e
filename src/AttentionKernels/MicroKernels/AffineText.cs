using System.Diagnostics.CodeAnalysis;

namespace AttentionKernels.MicroKernels;

/// <summary>An <see cref="IAffine"/> as a value: OpenCL C over the operands weight and bias.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: its structs keep their members.")]
internal readonly struct AffineText(Type affine)
{
    /// <summary>A value, or a vector of some from the i-th on, with weights and biases applied.</summary>
    public string Apply(string value, int lanes)
    {
        string type = lanes == 1 ? "float" : $"float{lanes}";
        bool isShared = Is(nameof(IAffine.IsShared));
        string Features(string features) =>
            isShared ? $"({type})*{features}" : lanes == 1 ? $"{features}[i]" : $"vload{lanes}(0, {features} + i)";
        string weight = Is(nameof(IAffine.IsFromOne)) ? $"({Features("weight")} + 1.0f)" : Features("weight");
        return Is(nameof(IAffine.HasBias)) ? $"fma({value}, {weight}, {Features("bias")})"
            : Is(nameof(IAffine.HasWeight)) ? $"{value} * {weight}"
            : value;
    }

    private bool Is(string property) => (bool)affine.GetProperty(property)!.GetValue(null)!;
}
