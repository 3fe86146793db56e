using System.Reflection;
using AttentionKernels.Devices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Tests.Cuda;

/// <summary>Compiles kernels to PTX without a GPU or a driver.</summary>
internal static class OfflineCompiler
{
    /// <summary>The PTX of an explicitly grouped kernel for sm_80, or a newer architecture.</summary>
    public static string Compile(MethodInfo entry, int architecture = 80)
    {
        // A context per kernel: what one compilation leaves behind must not reach the next.
        using Context context = Context.Create(builder => builder.AttentionKernels());
        using var backend = new PTXBackend(
            context, new CudaArchitecture(architecture / 10, architecture % 10),
            architecture < 90 ? CudaInstructionSet.ISA_70 : CudaInstructionSet.ISA_78, null!);
        KernelCompilation.RemoveCodePlacement(backend);
        CompiledKernel compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(entry), KernelSpecialization.Empty);
        return ((PTXCompiledKernel)KernelCompilation.Mend(compiled)).PTXAssembly;
    }
}
