{
    // ScoreFormula.PanelCore<Fp32x16, ModifierFormula<SoftCap>>
    global float* scores = var0;
    const int count = var1;
    const float scale = var2;
    const int firstKey = 1000;
    global float* terms = var3;
    for (int v = 0; v < 2; v++) {
        global float* s = scores + 16 * v;
        const float16 a = vload16(0 + v, terms);
        const float16 b = vload16(2 + v, terms);
        for (int i = 0; i < count; i++) {
            const float16 score = vload16(2 * i, s) * scale;
            const float16 key = (float)(firstKey + i);
            float16 value;
            const float16 t0 = score * b;
            const float16 t1 = select(t0, (float16)as_float(0x411051ECu), (float16)as_float(0x411051ECu) < t0);
            const float16 t2 = select(t1, (float16)as_float(0xC11051ECu), t1 < (float16)as_float(0xC11051ECu));
            const float16 t3 = t2 * t2;
            const float16 t4 = fma((float16)as_float(0x3264C9FAu), t3, (float16)as_float(0x37ACA819u));
            const float16 t5 = fma(t4, t3, (float16)as_float(0x3B64FB0Au));
            const float16 t6 = fma(t5, t3, (float16)as_float(0x3E0901FCu));
            const float16 t7 = fma(t6, t3, (float16)as_float(0x3F800000u));
            const float16 t8 = t2 * t7;
            const float16 t9 = fma((float16)as_float(0x3550574Cu), t3, (float16)as_float(0x39AC1F62u));
            const float16 t10 = fma(t9, t3, (float16)as_float(0x3CD3EF0Cu));
            const float16 t11 = fma(t10, t3, (float16)as_float(0x3EEF2BA3u));
            const float16 t12 = fma(t11, t3, (float16)as_float(0x3F800000u));
            const float16 t13 = t8 / t12;
            const float16 t14 = select(t13, (float16)as_float(0x3F800000u), (float16)as_float(0x3F800000u) < t13);
            const float16 t15 = select(t14, (float16)as_float(0xBF800000u), t14 < (float16)as_float(0xBF800000u));
            const float16 t16 = a * t15;
            value = t16;
            vstore16(value, 2 * i, s);
        }
    }
}
