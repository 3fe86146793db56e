{
    // RowFormula.ApplyCore<Fp32x8, StoredFp32, CachedStore, OfSum<Gelu>>
    global float* x = (global float*)var0;
    global float* y = (global float*)var1;
    global float* target = (global float*)var2;
    const int count = var3;
    const int streams = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 xi = vload8(0, x + (i)), yi = vload8(0, y + (i));
        float8 value;
        const float8 t0 = xi + yi;
        const float8 t1 = select(t0, (float8)as_float(0xC1600000u), t0 < (float8)as_float(0xC1600000u));
        const float8 t2 = select(t1, (float8)as_float(0x41600000u), (float8)as_float(0x41600000u) < t1);
        const float8 t3 = (float8)as_float(0x00000000u) - t2;
        const float8 t4 = select(t2, t3, t2 < (float8)as_float(0x00000000u));
        const float8 t5 = fma(t4, (float8)as_float(0x3E87AE14u), (float8)as_float(0x3F800000u));
        const float8 t6 = (float8)as_float(0x3F800000u) / t5;
        const float8 t7 = fma((float8)as_float(0x3CFD3CDAu), t6, (float8)as_float(0xBE14228Fu));
        const float8 t8 = fma(t7, t6, (float8)as_float(0x3E5FEFDCu));
        const float8 t9 = fma(t8, t6, (float8)as_float(0xBDF04E26u));
        const float8 t10 = fma(t9, t6, (float8)as_float(0x3E0DEFE9u));
        const float8 t11 = fma(t10, t6, (float8)as_float(0x3D75EB07u));
        const float8 t12 = fma(t11, t6, (float8)as_float(0x3DD27923u));
        const float8 t13 = fma(t12, t6, (float8)as_float(0x3DD7868Au));
        const float8 t14 = fma(t13, t6, (float8)as_float(0x3DD88F54u));
        const float8 t15 = t2 * t14;
        const float8 t16 = t15 * t6;
        const float8 t17 = t4 * t4;
        const float8 t18 = t17 * (float8)as_float(0xBF000000u);
        const float8 t19 = fma(t18, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
        const float8 t20 = t19 - (float8)as_float(0x4B400000u);
        const float8 t21 = fma(t20, (float8)as_float(0xBF318000u), t18);
        const float8 t22 = fma(t20, (float8)as_float(0x395E8083u), t21);
        const float8 t23 = fma((float8)as_float(0x3AB5120Du), t22, (float8)as_float(0x3C091CF9u));
        const float8 t24 = fma(t23, t22, (float8)as_float(0x3D2AAC79u));
        const float8 t25 = fma(t24, t22, (float8)as_float(0x3E2AAA49u));
        const float8 t26 = fma(t25, t22, (float8)as_float(0x3EFFFFFEu));
        const float8 t27 = fma(t26, t22, (float8)as_float(0x3F800000u));
        const float8 t28 = fma(t27, t22, (float8)as_float(0x3F800000u));
        const float8 t29 = as_float8((as_int8(t19) << 23) + 0x3F800000);
        const float8 t30 = t28 * t29;
        const float8 t31 = select(t30, (float8)as_float(0x00000000u), t18 < (float8)as_float(0xC2AEAC4Fu));
        const float8 t32 = select(t31, (float8)as_float(0x7F800000u), (float8)as_float(0x42B00000u) < t18);
        const float8 t33 = (float8)as_float(0x00000000u) - t17;
        const float8 t34 = fma(t4, t4, t33);
        const float8 t35 = t34 * (float8)as_float(0xBF000000u);
        const float8 t36 = fma(t32, t35, t32);
        const float8 t37 = t16 * t36;
        const float8 t38 = t0 - t37;
        const float8 t39 = select(t38, t37, t0 < (float8)as_float(0x00000000u));
        value = t39;
#if defined(__clang__)
        if (streams) {
            __builtin_nontemporal_store(value.lo, (global float4*)(target + i) + 0);
            __builtin_nontemporal_store(value.hi, (global float4*)(target + i) + 1);
        } else
#endif
        vstore8(value, 0, target + i);
    }
    for (; i < count; i++) {
        const float xi = (x)[i], yi = (y)[i];
        float value;
        const float t0 = xi + yi;
        const float t1 = select(t0, (float)as_float(0xC1600000u), t0 < (float)as_float(0xC1600000u));
        const float t2 = select(t1, (float)as_float(0x41600000u), (float)as_float(0x41600000u) < t1);
        const float t3 = (float)as_float(0x00000000u) - t2;
        const float t4 = select(t2, t3, t2 < (float)as_float(0x00000000u));
        const float t5 = fma(t4, (float)as_float(0x3E87AE14u), (float)as_float(0x3F800000u));
        const float t6 = (float)as_float(0x3F800000u) / t5;
        const float t7 = fma((float)as_float(0x3CFD3CDAu), t6, (float)as_float(0xBE14228Fu));
        const float t8 = fma(t7, t6, (float)as_float(0x3E5FEFDCu));
        const float t9 = fma(t8, t6, (float)as_float(0xBDF04E26u));
        const float t10 = fma(t9, t6, (float)as_float(0x3E0DEFE9u));
        const float t11 = fma(t10, t6, (float)as_float(0x3D75EB07u));
        const float t12 = fma(t11, t6, (float)as_float(0x3DD27923u));
        const float t13 = fma(t12, t6, (float)as_float(0x3DD7868Au));
        const float t14 = fma(t13, t6, (float)as_float(0x3DD88F54u));
        const float t15 = t2 * t14;
        const float t16 = t15 * t6;
        const float t17 = t4 * t4;
        const float t18 = t17 * (float)as_float(0xBF000000u);
        const float t19 = fma(t18, (float)as_float(0x3FB8AA3Bu), (float)as_float(0x4B400000u));
        const float t20 = t19 - (float)as_float(0x4B400000u);
        const float t21 = fma(t20, (float)as_float(0xBF318000u), t18);
        const float t22 = fma(t20, (float)as_float(0x395E8083u), t21);
        const float t23 = fma((float)as_float(0x3AB5120Du), t22, (float)as_float(0x3C091CF9u));
        const float t24 = fma(t23, t22, (float)as_float(0x3D2AAC79u));
        const float t25 = fma(t24, t22, (float)as_float(0x3E2AAA49u));
        const float t26 = fma(t25, t22, (float)as_float(0x3EFFFFFEu));
        const float t27 = fma(t26, t22, (float)as_float(0x3F800000u));
        const float t28 = fma(t27, t22, (float)as_float(0x3F800000u));
        const float t29 = as_float((as_int(t19) << 23) + 0x3F800000);
        const float t30 = t28 * t29;
        const float t31 = select(t30, (float)as_float(0x00000000u), t18 < (float)as_float(0xC2AEAC4Fu));
        const float t32 = select(t31, (float)as_float(0x7F800000u), (float)as_float(0x42B00000u) < t18);
        const float t33 = (float)as_float(0x00000000u) - t17;
        const float t34 = fma(t4, t4, t33);
        const float t35 = t34 * (float)as_float(0xBF000000u);
        const float t36 = fma(t32, t35, t32);
        const float t37 = t16 * t36;
        const float t38 = t0 - t37;
        const float t39 = select(t38, t37, t0 < (float)as_float(0x00000000u));
        value = t39;
        (target)[i] = value;
    }
}
