import { DynamicModule, Module } from "@nestjs/common";
import type { Settings } from "./settings";

/** Injects the settings: `@Inject(SETTINGS) settings: Settings`. */
export const SETTINGS = Symbol("Settings");

@Module({})
export class SettingsModule {
  static with(settings: Settings): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
