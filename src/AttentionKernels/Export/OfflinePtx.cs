using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.RegularExpressions;
using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Export;

/// <summary>Compiles kernels to PTX of a compute capability, without a device and without a driver.</summary>
internal static partial class OfflinePtx
{
    // PTX 7.0 knows sm_80 and older ones, 7.8 those up to sm_90.
    private const int NewestOfVersion70 = 80;

    private static readonly int[] _capabilities = [70, 72, 75, 80, 86, 87, 89, 90];

    // Contexts are independent of each other, but what they have in common is not said to be safe.
    private static readonly Lock _compiling = new();

    /// <summary>Refuses what is no compute capability.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static void Check(int capability, string name)
    {
        if (!_capabilities.Contains(capability))
            throw new ArgumentOutOfRangeException(name, capability, $"The capability must be one of {string.Join(", ", _capabilities)}.");
    }

    /// <summary>The kernel that a launch calls.</summary>
    /// <exception cref="KernelCompilationException">The kernel has no PTX.</exception>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "No device opens without dynamic code.")]
    public static PTXCompiledKernel Compile(string name, MethodInfo entry, int capability)
    {
        lock (_compiling)
        {
            try
            {
                // A context a kernel: what one compilation leaves behind does not reach the next.
                using Context context = Context.Create(static builder => builder.AttentionKernels());
                using var backend = new PTXBackend(
                    context, new CudaArchitecture(capability / 10, capability % 10),
                    capability <= NewestOfVersion70 ? CudaInstructionSet.ISA_70 : CudaInstructionSet.ISA_78, null!);
                Optimiser.Repair(backend);
                CompiledKernel compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(entry), default);
                var mended = (PTXCompiledKernel)KernelCompilation.Mend(compiled);

                // ILGPU names the newest target that it writes other instructions for.
                return KernelCompilation.WithText(mended, Target().Replace(mended.PTXAssembly, $".target sm_{capability}", count: 1));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                throw new KernelCompilationException(
                    $"{name} cannot be compiled to PTX of sm_{capability}: {DriverError.Describe(exception.GetBaseException())}",
                    exception);
            }
        }
    }

    [GeneratedRegex(@"^\.target sm_\d+", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Target();
}
