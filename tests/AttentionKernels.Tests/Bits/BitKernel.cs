namespace AttentionKernels.Tests.Bits;

/// <summary>Which form of the kernels a case runs.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="Lanes">The lanes of the Vector schedule.</param>
internal sealed record BitKernel(KernelSchedule Schedule, int Lanes)
{
    public override string ToString() => Schedule == KernelSchedule.Vector ? $"Vector{Lanes}" : "Simt";
}
