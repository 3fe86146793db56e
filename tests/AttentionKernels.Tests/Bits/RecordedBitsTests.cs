using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.Bits;

/// <summary>
/// Every operation gives the bits that it gave when they were recorded, on each backend, schedule and vector width: what changes code without
/// changing what it computes shows here that it does.
/// </summary>
[Trait("Speed", "Quick")]
public class RecordedBitsTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<string> Operations => BitCases.Operations.Keys;

    [Theory, EachBackend(Cases = nameof(Operations))]
    public void Outputs_have_the_recorded_bits(Backend backend, string operation)
    {
        Assert.SkipWhen(
            backend == Backend.Cuda && !Backends.CudaIsEmulated, "The bits of CUDA are those of the emulated driver; a GPU's exponentials are others.");
        string group = $"{operation} {backend}";
        var hashes = new Dictionary<string, string>();
        foreach ((AttentionDevice device, BitKernel kernel) in Kernels(backend))
        {
            foreach ((string name, byte[] outputs) in BitCases.Operations[operation](device, kernel))
                hashes.Add($"{group} {kernel} {name}", RecordedBits.Hash(outputs));
        }

        RecordedBits.Verify(group, hashes);
    }

    // The managed CPU in each width; its work-group kernels are those of OpenCL and CUDA, with a thread for each of theirs.
    private IEnumerable<(AttentionDevice Device, BitKernel Kernel)> Kernels(Backend backend)
    {
        BitKernel[] kernels = backend switch
        {
            Backend.Cpu => [new(KernelSchedule.Vector, 4), new(KernelSchedule.Vector, 8), new(KernelSchedule.Vector, 16)],
            Backend.OpenCl => [new(KernelSchedule.Vector, 8), new(KernelSchedule.Simt, 8)],
            _ => [new(KernelSchedule.Simt, 0)],
        };
        AttentionDevice device = Device(backend);
        foreach (BitKernel kernel in kernels)
        {
            // Plans depend on how many processors there are, and hashes must not.
            DeviceDescription description = device.Description with { ComputeUnits = 2, VectorLanes = kernel.Lanes == 0 ? device.Description.VectorLanes : kernel.Lanes };
            using AttentionDevice like = device.As(description);
            yield return (like, kernel);
        }
    }
}
